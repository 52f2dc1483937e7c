"""What may be chosen about the stacks, and where the choices come from. Needs no CDK.

Where a setting may be given, strongest first:

1. on the command line, `-c sender=me@example.org`, or for one stack only `-c PetCuddleOTron.sender=...`;
   for `cdk` and for `python app.py` alike;
2. in a settings file named by `-c settings=production.toml` (or .json);
3. in cdk.json, in the object `aws_patterns` of its `context`;
4. the default in the settings class of the stack.

Within one of these places, what is given for one stack beats what is given for all. Files hold one table per
stack and, outside of them, what is meant for all::

    throttle_rate = 20          # for every stack that has such a setting

    [PetCuddleOTron]            # for this stack only
    sender = "me@example.org"

    [tags]
    team = "cats"

`-c stacks="A B"` chooses the stacks; without it, all are built. Lists are written with commas on the command
line (`-c channels=email,sms`), an empty value means none (`-c domain_name=`).

Settings for the whole app: `account` and `region` bind the stacks to one environment (default: the one that
the credentials at deployment belong to), `tags.<name>` tags every resource.

A setting is one field of a frozen dataclass. Its annotation says how it is read, its default makes it
optional, and `problems()` of its class says what is wrong with the values.
"""
