#: attacks: the compiler's memory, by constants that it could compute beforehand
#: profile: compile
#: endings: exit 0, exit 1, memory, cpu
a = 10 ** 10 ** 10
b = "x" * 10 ** 10
c = (1,) * 10 ** 10
d = 1 << 10 ** 12
e = "%1000000000000d" % 1
