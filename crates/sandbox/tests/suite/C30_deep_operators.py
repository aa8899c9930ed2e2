#: attacks: the compiler's stack, by a hundred thousand signs in front of a number
#: profile: compile
#: endings: exit 1, signal *, cpu, memory, exit 0
x = @@100000 -@@1
y = @@100000 not @@1
