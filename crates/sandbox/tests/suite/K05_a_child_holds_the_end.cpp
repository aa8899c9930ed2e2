//: attacks: the end of the connection, by a daemon that holds it after the program has left
//: profile: run
//: endings: exit 0
//: peer: exit 0
static void attack() {
    if (fork() == 0) {
        setsid();
        for (int i = 1; i < 65; i++) signal(i, SIG_IGN);
        for (;;) pause();
    }
}
