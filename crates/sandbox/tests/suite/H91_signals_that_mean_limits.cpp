//: attacks: the meaning of an end, by a signal that looks like a limit
//: profile: run
//: endings: signal 9
static void attack() { kill(getpid(), SIGKILL); }
