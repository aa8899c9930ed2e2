#include <cstdio>

int main() {
    const int matrix[$height][$width] = {$matrix};
    for (int column = 0; column < $width; ++column) {
        for (int row = 0; row < $height; ++row) {
            std::printf(row == 0 ? "%d" : " %d", matrix[row][column]);
        }
        std::puts("");
    }
}
