"""What two Regions differ in, and whether they should."""
