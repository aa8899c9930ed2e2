#: attacks: the parser's stack, by brackets deeper than it can hold
#: profile: compile
#: endings: exit 1, signal *, cpu, memory
x = @@100000 (@@0@@100000 )@@
