//: attacks: the network, by every family of sockets that a kernel may have
//: profile: run
//: endings: exit 0
static void attack() {
    for (int family = 0; family < 64; family++) {
        if (family == AF_UNIX) continue;
        for (int kind : {SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET})
            attempt("socket", socket(family, kind, 0));
    }
    attempt("high bits", syscall(SYS_socket, (1L << 32) | AF_INET, SOCK_STREAM, 0));
    int pair[2];
    attempt("pair", socketpair(AF_INET, SOCK_STREAM, 0, pair));
}
