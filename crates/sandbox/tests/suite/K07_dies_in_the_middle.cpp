//: attacks: the other's reader, by an end in the middle of a message and urgent bytes
//: profile: run
//: endings: signal 11
//: peer: exit 0
static void attack() {
    if (write(3, "{\"answer\": [1, 2, ", 18) < 0) _exit(1);
    send(3, "!", 1, MSG_OOB | MSG_NOSIGNAL);
    *(volatile int *)8 = 1;
}
