#include <cstdio>
#include <forward_list>

int main() {
    const std::forward_list<int> list = {$numbers};
    int sum = 0;
    for (int value : list) {
        sum += value;
    }
    std::printf("%d\n", sum);
}
