// Products of Q5_0 weights with several rows of input, for processors with AVX2 and no AVX-512.
//
// Why. llama.cpp unpacks a block of Q5_0 anew for every two rows of input, and its loop over four weight rows needs
// more than the sixteen registers of AVX2: two thirds of its work is not multiplication. Here a block is unpacked once
// for all rows of a step, into an order in which one 16-bit lane in two belongs to each of two weight rows, so that the
// sums of a block need no widening multiplication (docs/LOG.md, 2026-11-27).
//
// What it must not do. Change a bit: the same integers are added up in the same eight lanes, multiplied by the same
// scale, and summed over blocks and lanes in the same order as in llama.cpp. crates/llama/src/q5_0.rs compares the two.
//
// How it gets in. scripts/engine-alone.cmake adds this file to llama.cpp's own and calls the function of that name there
// llamafile_sgemm_of_llama_cpp. Whatever is not ours goes there unchanged: other types, other processors, one row.
// When llama.cpp changes the signature, its header and this file contradict each other and the build ends here.
// WHET_Q5_0_KERNEL=0 in the environment of a process leaves everything to llama.cpp.

#include "llamafile/sgemm.h"

#include "ggml-cpu-impl.h"
#include "ggml-quants.h"

extern "C" {
bool llamafile_sgemm_of_llama_cpp(const struct ggml_compute_params * params, int64_t m, int64_t n, int64_t k,
    const void * weights, int64_t weights_stride, const void * input, int64_t input_stride, void * output,
    int64_t output_stride, int weights_type, int input_type, int output_type);
bool whet_q5_0_product(int thread, int threads, int64_t m, int64_t n, int64_t k, const void * weights,
    int64_t weights_stride, const void * input, int64_t input_stride, float * output, int64_t output_stride);
}

#if defined(__AVX2__) && defined(__FMA__) && defined(__F16C__) && !defined(__AVX512F__) && !defined(__AVXVNNI__)

#include <immintrin.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

// Weight rows of a panel: one result of four floats for each row of input.
constexpr int64_t PANEL = 4;
// With one row nothing is unpacked twice.
constexpr int64_t FEWEST_ROWS = 2;
// Panels that a thread should have; with fewer, every thread's copy of the input is too large a part.
constexpr int64_t FEWEST_PANELS = 8;
// Bytes of input that are kept in the second-level cache beside the weights that pass through it.
constexpr int64_t INPUT_BYTES = 192 * 1024;

// One block of each of four weight rows.
struct Weights {
    // Rows 0 and 1, then rows 2 and 3. A lane of 32 bits holds four bytes: in `even` the first two of four elements of
    // one row and those of the other, in `odd` the last two. Elements are 0 to 31; the 16 that they are too large by is
    // taken off the sums.
    struct {
        __m256i even, odd;
    } pair[2];
    // The scales of the four rows, twice, each divided by 65536.
    __m256 scale;
};

// One block of a row of input, in the order of the weights.
struct Input {
    __m256i even, odd;
    // 16 times the sum of the four elements of a lane, in both halves of it.
    __m256i excess;
    __m256 scale;
};

// The elements of a block, 0 to 31.
inline __m256i unpacked(const block_q5_0 & block) {
    const __m128i nibbles = _mm_loadu_si128(reinterpret_cast<const __m128i *>(block.qs));
    const __m256i low = _mm256_and_si256(
        _mm256_set_m128i(_mm_srli_epi16(nibbles, 4), nibbles), _mm256_set1_epi8(15));
    int32_t word;
    std::memcpy(&word, block.qh, sizeof word);
    const __m256i byte_of_element = _mm256_set_epi64x(
        0x0303030303030303, 0x0202020202020202, 0x0101010101010101, 0);
    const __m256i bit_of_element = _mm256_set1_epi64x(static_cast<long long>(0x8040201008040201));
    const __m256i bits = _mm256_and_si256(
        _mm256_shuffle_epi8(_mm256_set1_epi32(word), byte_of_element), bit_of_element);
    const __m256i fifth = _mm256_and_si256(_mm256_cmpeq_epi8(bits, bit_of_element), _mm256_set1_epi8(16));
    return _mm256_or_si256(low, fifth);
}

void unpack(const block_q5_0 * rows, int64_t stride, int64_t blocks, Weights * panel) {
    const __m128 share = _mm_set1_ps(1.0f / 65536);
    for (int64_t l = 0; l < blocks; l++) {
        const block_q5_0 * block[PANEL];
        for (int i = 0; i < PANEL; i++) {
            block[i] = rows + i * stride + l;
        }
        for (int p = 0; p < 2; p++) {
            const __m256i first = unpacked(*block[2 * p]), second = unpacked(*block[2 * p + 1]);
            panel[l].pair[p].even = _mm256_blend_epi16(first, _mm256_slli_epi32(second, 16), 0xaa);
            panel[l].pair[p].odd = _mm256_blend_epi16(_mm256_srli_epi32(first, 16), second, 0xaa);
        }
        const __m128i halves = _mm_set_epi16(0, 0, 0, 0, static_cast<short>(block[3]->d),
            static_cast<short>(block[2]->d), static_cast<short>(block[1]->d), static_cast<short>(block[0]->d));
        const __m128 scale = _mm_mul_ps(_mm_cvtph_ps(halves), share);
        panel[l].scale = _mm256_set_m128(scale, scale);
    }
}

void arrange(const block_q8_0 * row, int64_t blocks, Input * arranged) {
    const __m256i first_two = _mm256_broadcastsi128_si256(
        _mm_set_epi8(13, 12, 13, 12, 9, 8, 9, 8, 5, 4, 5, 4, 1, 0, 1, 0));
    const __m256i last_two = _mm256_add_epi8(first_two, _mm256_set1_epi8(2));
    const __m256i sixteen = _mm256_set1_epi8(16);
    for (int64_t l = 0; l < blocks; l++) {
        const __m256i elements = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(row[l].qs));
        const __m256i even = _mm256_shuffle_epi8(elements, first_two);
        const __m256i odd = _mm256_shuffle_epi8(elements, last_two);
        arranged[l].even = even;
        arranged[l].odd = odd;
        arranged[l].excess = _mm256_add_epi16(
            _mm256_maddubs_epi16(sixteen, even), _mm256_maddubs_epi16(sixteen, odd));
        arranged[l].scale = _mm256_set1_ps(_cvtsh_ss(row[l].d));
    }
}

// The sums of four accumulators, each added up as llama.cpp does it: halves, then halves of that, then the last two.
inline __m128 sums(const __m256 * lanes) {
    __m128 row[4];
    for (int i = 0; i < 4; i++) {
        row[i] = _mm_add_ps(_mm256_extractf128_ps(lanes[i], 1), _mm256_castps256_ps128(lanes[i]));
    }
    _MM_TRANSPOSE4_PS(row[0], row[1], row[2], row[3]);
    return _mm_add_ps(_mm_add_ps(row[0], row[2]), _mm_add_ps(row[1], row[3]));
}

// A panel times N rows of input.
//
// A lane's sum over four elements lies within 16 bits, so the sums of two weight rows share one lane of 32. Each becomes
// a float as the upper half of a lane, that is, 65536 times too large, which the scale makes up for: both are powers
// of two, so no digit changes.
template <int N>
void multiply(const Weights * panel, const Input * input, int64_t blocks, float * output, int64_t stride) {
    __m256 total[N][PANEL];
    for (int j = 0; j < N; j++) {
        for (int i = 0; i < PANEL; i++) {
            total[j][i] = _mm256_setzero_ps();
        }
    }
    const __m256i upper = _mm256_set1_epi32(static_cast<int>(0xffff0000));
    for (int64_t l = 0; l < blocks; l++) {
        const Weights & w = panel[l];
        __m256 scale[N];
        for (int j = 0; j < N; j++) {
            scale[j] = _mm256_mul_ps(w.scale, input[j * blocks + l].scale);
        }
        for (int p = 0; p < 2; p++) {
            const __m256i even = w.pair[p].even, odd = w.pair[p].odd;
            for (int j = 0; j < N; j++) {
                const Input & x = input[j * blocks + l];
                const __m256i both = _mm256_sub_epi16(
                    _mm256_add_epi16(_mm256_maddubs_epi16(even, x.even), _mm256_maddubs_epi16(odd, x.odd)), x.excess);
                const __m256 first = _mm256_cvtepi32_ps(_mm256_slli_epi32(both, 16));
                const __m256 second = _mm256_cvtepi32_ps(_mm256_and_si256(both, upper));
                total[j][2 * p] = _mm256_fmadd_ps(p ? _mm256_permute_ps(scale[j], 0xaa)
                                                    : _mm256_permute_ps(scale[j], 0x00), first, total[j][2 * p]);
                total[j][2 * p + 1] = _mm256_fmadd_ps(p ? _mm256_permute_ps(scale[j], 0xff)
                                                        : _mm256_permute_ps(scale[j], 0x55), second, total[j][2 * p + 1]);
            }
        }
    }
    for (int j = 0; j < N; j++) {
        _mm_storeu_ps(output + j * stride, sums(total[j]));
    }
}

struct Scratch {
    std::vector<Weights> panel;
    std::vector<Input> input;
};

bool wanted() {
    static const bool answer = [] {
        const char * word = std::getenv("WHET_Q5_0_KERNEL");
        return word == nullptr || std::strcmp(word, "0") != 0;
    }();
    return answer;
}

}  // namespace

// output[j * output_stride + i] = weight row i times input row j, for m and n of them of k blocks each. Does this
// thread's share; false, with nothing done, where llama.cpp's own function is the better one, for all threads alike.
bool whet_q5_0_product(int thread, int threads, int64_t m, int64_t n, int64_t k, const void * weights,
    int64_t weights_stride, const void * input, int64_t input_stride, float * output, int64_t output_stride) {
    const int64_t panels = m / PANEL;
    if (k < 1 || m % PANEL != 0 || n < FEWEST_ROWS || panels < FEWEST_PANELS * threads) {
        return false;
    }
    thread_local Scratch scratch;
    const int64_t most = std::max<int64_t>(2, INPUT_BYTES / (k * static_cast<int64_t>(sizeof(Input))) / 2 * 2);
    scratch.panel.resize(std::max<size_t>(scratch.panel.size(), k));
    scratch.input.resize(std::max<size_t>(scratch.input.size(), std::min(n, most) * k));
    const auto * q5_0 = static_cast<const block_q5_0 *>(weights);
    const auto * q8_0 = static_cast<const block_q8_0 *>(input);
    const int64_t end = panels * (thread + 1) / threads;
    for (int64_t from = 0; from < n; from += most) {
        const int64_t rows = std::min(most, n - from);
        for (int64_t j = 0; j < rows; j++) {
            arrange(q8_0 + (from + j) * input_stride, k, scratch.input.data() + j * k);
        }
        for (int64_t p = panels * thread / threads; p < end; p++) {
            unpack(q5_0 + p * PANEL * weights_stride, weights_stride, k, scratch.panel.data());
            float * to = output + from * output_stride + p * PANEL;
            int64_t j = 0;
            for (; j + 2 <= rows; j += 2) {
                multiply<2>(scratch.panel.data(), scratch.input.data() + j * k, k, to + j * output_stride, output_stride);
            }
            if (j < rows) {
                multiply<1>(scratch.panel.data(), scratch.input.data() + j * k, k, to + j * output_stride, output_stride);
            }
        }
    }
    return true;
}

#else

namespace {
bool wanted() {
    return false;
}
}  // namespace

bool whet_q5_0_product(int, int, int64_t, int64_t, int64_t, const void *, int64_t, const void *, int64_t, float *, int64_t) {
    return false;
}

#endif

extern "C" bool llamafile_sgemm(const struct ggml_compute_params * params, int64_t m, int64_t n, int64_t k,
    const void * weights, int64_t weights_stride, const void * input, int64_t input_stride, void * output,
    int64_t output_stride, int weights_type, int input_type, int output_type) {
    const bool ours = weights_type == GGML_TYPE_Q5_0 && input_type == GGML_TYPE_Q8_0 && output_type == GGML_TYPE_F32;
    if (ours && wanted() && whet_q5_0_product(params->ith, params->nth, m, n, k, weights, weights_stride, input,
            input_stride, static_cast<float *>(output), output_stride)) {
        return true;
    }
    return llamafile_sgemm_of_llama_cpp(params, m, n, k, weights, weights_stride, input, input_stride, output,
        output_stride, weights_type, input_type, output_type);
}
