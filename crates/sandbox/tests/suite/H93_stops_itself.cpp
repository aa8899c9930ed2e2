//: attacks: patience, by stopping itself and everybody who could wake it
//: profile: run
//: endings: wall
//: limits: wall_ms=400
static void attack() {
    for (int i = 0; i < 3; i++) if (fork() == 0) { raise(SIGSTOP); for (;;) pause(); }
    raise(SIGSTOP);
    for (;;) pause();
}
