#include <cstdio>
#include <memory>

struct Node {
    int value;
    std::unique_ptr<Node> next;
};

int main() {
    std::unique_ptr<Node> head;
    for (int value = 3; value > 0; --value) {
        head = std::unique_ptr<Node>(new Node{value, std::move(head)});
    }
    int sum = 0;
    for (const Node *node = head.get(); node != nullptr; node = node->next.get()) {
        sum += node->value;
    }
    std::printf("%d\n", sum);
}
