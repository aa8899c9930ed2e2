//: attacks: the supervisor's memory, by writing without end
//: profile: run
//: endings: output
//: limits: cpu_ms=3000
static void attack() {
    std::string block(1 << 16, 'x');
    while (write(1, block.data(), block.size()) > 0) {}
}
