#include <cstdio>
#include <cstring>

int main() {
    const char *word = "racecar";
    bool same = true;
    for (int left = 0, right = (int)std::strlen(word) - 1; left < right; ++left, --right) {
        same = same && word[left] == word[right];
    }
    std::puts(same ? "yes" : "no");
}
