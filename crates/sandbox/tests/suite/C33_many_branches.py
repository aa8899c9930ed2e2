#: attacks: the compiler's stack and time, by twenty thousand branches of one condition
#: profile: compile
#: endings: exit 0, exit 1, signal *, cpu, memory
if a: pass
@@20000 elif a: pass
@@
