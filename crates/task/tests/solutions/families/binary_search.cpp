#include <cstdio>
#include <vector>

int find(const std::vector<int> &numbers, int wanted) {
    int low = 0, high = static_cast<int>(numbers.size()) - 1;
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
    std::printf("%d\n", find({$numbers}, $wanted));
}
