#include <cstdio>

int main() {
    const int numbers[] = {$numbers};
    int sum = 0;
    for (int number : numbers) {
        sum += number;
    }
    std::printf("%d\n", sum);
}
