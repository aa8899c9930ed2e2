//: attacks: patience, by sleeping
//: profile: run
//: endings: wall
//: limits: wall_ms=400
static void attack() { for (;;) sleep(1000); }
