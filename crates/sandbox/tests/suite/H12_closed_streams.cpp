//: attacks: a supervisor that waits for the end of streams, by closing all of them and staying
//: profile: run
//: endings: wall
//: limits: wall_ms=400
static void attack() {
    syscall(SYS_close_range, 0, ~0U, 0);
    for (;;) pause();
}
