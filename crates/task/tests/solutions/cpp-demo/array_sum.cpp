#include <cstdio>

int main() {
    const int numbers[] = {1, 2, 3, 4, 5};
    int sum = 0;
    for (int number : numbers) {
        sum += number;
    }
    std::printf("%d\n", sum);
}
