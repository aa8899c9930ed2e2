def read_settings(path):
    """Read a text file with one setting in each line, written as name = value, and return them as a
    dict of strings without white space around names and values. Skip empty lines, lines that begin
    with # and lines without =. A value may hold further = signs; of two settings with the same name
    the later one counts. If there is no file at path, return an empty dict."""
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except FileNotFoundError:
        return {}
    settings = {}
    for line in lines:
        name, sign, value = line.partition("=")
        if sign and not line.startswith("#"):
            settings[name.strip()] = value.strip()
    return settings
