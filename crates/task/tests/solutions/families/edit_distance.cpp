#include <algorithm>
#include <cstdio>

int edits(const char *left, const char *right) {
    if (*left == 0 && *right == 0) {
        return 0;
    }
    if (*left == 0) {
        return 1 + edits(left, right + 1);
    }
    if (*right == 0) {
        return 1 + edits(left + 1, right);
    }
    if (*left == *right) {
        return edits(left + 1, right + 1);
    }
    return 1 + std::min({edits(left + 1, right), edits(left, right + 1), edits(left + 1, right + 1)});
}

int main() {
    std::printf("%d\n", edits("$left", "$right"));
}
