#include <cstdio>

int find(const int *numbers, int count, int wanted) {
    int low = 0, high = count - 1;
    while (low <= high) {
        int middle = low + (high - low) / 2;
        if (numbers[middle] == wanted) {
            return middle;
        }
        if (numbers[middle] < wanted) {
            low = middle + 1;
        } else {
            high = middle - 1;
        }
    }
    return -1;
}

int main() {
    const int numbers[] = {1, 3, 5, 7, 9, 11};
    std::printf("%d\n", find(numbers, 6, 7));
}
