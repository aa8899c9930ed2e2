#: attacks: the meaning of an end, by a fork that becomes another program after the script began
#: profile: run
#: endings: exit 7
os.execv("/bin/sh", ["sh", "-c", "exit 7"])
