#: attacks: the reader of diagnostics, by the quoted line of a syntax error
#: profile: compile
#: endings: exit 1
#: says: Error
x = = "[2J]0;title[8m hidden /etc/passwd"
