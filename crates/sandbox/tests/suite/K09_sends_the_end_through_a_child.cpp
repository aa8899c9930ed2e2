//: attacks: the end of the connection, by an end that waits in the other's queue, sent in several ways
//: profile: run
//: endings: exit 0
//: peer: exit 0
static void attack() {
    char byte = 'x';
    iovec one{&byte, 1};
    alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &one;
    message.msg_iovlen = 1;
    message.msg_control = space;
    message.msg_controllen = sizeof space;
    cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    int end = dup(3);
    memcpy(CMSG_DATA(head), &end, sizeof end);
    attempt("message", sendmsg(3, &message, MSG_NOSIGNAL));
    mmsghdr many{message, 0};
    attempt("messages", syscall(SYS_sendmmsg, 3, &many, 1, MSG_NOSIGNAL));
}
