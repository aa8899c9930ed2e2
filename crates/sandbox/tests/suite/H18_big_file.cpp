//: attacks: the disk, by one file without end
//: profile: run
//: endings: file
//: limits: cpu_ms=2000
static void attack() {
    std::string block(1 << 20, 'x');
    int file = open("big", O_CREAT | O_WRONLY, 0600);
    while (write(file, block.data(), block.size()) > 0) {}
}
