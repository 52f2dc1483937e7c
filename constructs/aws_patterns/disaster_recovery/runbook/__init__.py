"""What moves a workload to another Region and back, who watches over it, and its report."""
