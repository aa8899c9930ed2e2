//: attacks: the meaning of an end: an uncaught exception has to be an abort and not a crash of memory
//: profile: run
//: endings: signal 6
static void attack() { throw 1; }
