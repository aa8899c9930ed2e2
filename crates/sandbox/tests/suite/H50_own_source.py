#: attacks: its own source and the next reader of it
#: profile: run
#: endings: exit 0
#: collect: main.py
#: collected: main.py
with open(__file__, "a") as file:
    file.write("print('another program')\n")
try:
    os.chmod(__file__, 0o777)
except OSError:
    pass
