//! Holds the kernel for Q5_0 weights (`kernels/q5_0.cpp`) against llama.cpp's own, bit for bit.
//!
//! The kernel is compiled into llama.cpp by `scripts/engine-alone.cmake`. An error of the linker over the names below
//! means that it is not there: the engine was built before the kernel came, or by a CMake older than 3.19.
//!
//! Only tests, and only for processors on which the kernel computes: nothing of ours calls a kernel by itself.

#![allow(unsafe_code, reason = "three C functions that fill a slice")]

use std::ffi::{c_int, c_void};

use proptest::prelude::*;

/// Bytes of a block of 32 elements.
const WEIGHT_BYTES: usize = 22;
const INPUT_BYTES: usize = 34;
/// ggml's numbers of types.
const F32: c_int = 0;
const Q5_0: c_int = 6;
const Q8_0: c_int = 8;

/// The beginning of ggml's `ggml_compute_params`, which is all that these products read, and room for the rest.
#[repr(C)]
struct Thread {
    number: c_int,
    of: c_int,
    rest: [usize; 8],
}

type Multiply = unsafe extern "C" fn(
    *const Thread,
    i64,
    i64,
    i64,
    *const c_void,
    i64,
    *const c_void,
    i64,
    *mut c_void,
    i64,
    c_int,
    c_int,
    c_int,
) -> bool;

unsafe extern "C" {
    /// Fills ggml's table of 16-bit floats, which its own kernels read.
    fn ggml_cpu_init();
    fn llamafile_sgemm_of_llama_cpp(
        thread: *const Thread,
        m: i64,
        n: i64,
        k: i64,
        weights: *const c_void,
        weights_stride: i64,
        input: *const c_void,
        input_stride: i64,
        output: *mut c_void,
        output_stride: i64,
        weights_type: c_int,
        input_type: c_int,
        output_type: c_int,
    ) -> bool;
    fn llamafile_sgemm(
        thread: *const Thread,
        m: i64,
        n: i64,
        k: i64,
        weights: *const c_void,
        weights_stride: i64,
        input: *const c_void,
        input_stride: i64,
        output: *mut c_void,
        output_stride: i64,
        weights_type: c_int,
        input_type: c_int,
        output_type: c_int,
    ) -> bool;
    fn whet_q5_0_product(
        thread: c_int,
        threads: c_int,
        m: i64,
        n: i64,
        k: i64,
        weights: *const c_void,
        weights_stride: i64,
        input: *const c_void,
        input_stride: i64,
        output: *mut f32,
        output_stride: i64,
    ) -> bool;
}

/// Two matrices of blocks: `weights` rows and `input` rows of `blocks` blocks each, all bytes possible.
struct Case {
    weights: usize,
    input: usize,
    blocks: usize,
    threads: c_int,
    weight_bytes: Vec<u8>,
    input_bytes: Vec<u8>,
}

impl Case {
    fn draw(weights: usize, input: usize, blocks: usize, threads: c_int, seed: u64) -> Self {
        // SAFETY: may be called as often as one likes, from any thread.
        unsafe { ggml_cpu_init() };
        let mut weight_bytes = drawn(weights * blocks * WEIGHT_BYTES, seed);
        for block in weight_bytes.chunks_exact_mut(WEIGHT_BYTES) {
            finite_scale(block);
        }
        let mut input_bytes = drawn(input * blocks * INPUT_BYTES, !seed);
        for block in input_bytes.chunks_exact_mut(INPUT_BYTES) {
            finite_scale(block);
            // llama.cpp quantises to -127..=127; its own kernel turns the sign of -128 wrongly.
            block[2..]
                .iter_mut()
                .filter(|byte| **byte == 0x80)
                .for_each(|byte| *byte = 0x81);
        }
        Self {
            weights,
            input,
            blocks,
            threads,
            weight_bytes,
            input_bytes,
        }
    }

    /// Every thread's share by that function, one after another; whether each of them took it.
    fn by(&self, multiply: Multiply) -> (bool, Vec<u32>) {
        self.shares(|thread, output| {
            let share = Thread {
                number: thread,
                of: self.threads,
                rest: [0; 8],
            };
            // SAFETY: the slices hold rows of the lengths and strides that are said; nothing of `rest` is read.
            unsafe {
                multiply(
                    &raw const share,
                    self.weights as i64,
                    self.input as i64,
                    self.blocks as i64,
                    self.weight_bytes.as_ptr().cast(),
                    self.blocks as i64,
                    self.input_bytes.as_ptr().cast(),
                    self.blocks as i64,
                    output.as_mut_ptr().cast(),
                    self.weights as i64,
                    Q5_0,
                    Q8_0,
                    F32,
                )
            }
        })
    }

    /// The same by our kernel alone.
    fn by_kernel(&self) -> (bool, Vec<u32>) {
        self.shares(|thread, output| {
            // SAFETY: as above.
            unsafe {
                whet_q5_0_product(
                    thread,
                    self.threads,
                    self.weights as i64,
                    self.input as i64,
                    self.blocks as i64,
                    self.weight_bytes.as_ptr().cast(),
                    self.blocks as i64,
                    self.input_bytes.as_ptr().cast(),
                    self.blocks as i64,
                    output.as_mut_ptr(),
                    self.weights as i64,
                )
            }
        })
    }

    fn shares(&self, mut share: impl FnMut(c_int, &mut [f32]) -> bool) -> (bool, Vec<u32>) {
        let mut output = vec![f32::from_bits(UNTOUCHED); self.weights * self.input];
        let taken = (0..self.threads)
            .map(|thread| share(thread, &mut output))
            .collect::<Vec<_>>();
        let all = taken[0];
        assert!(
            taken.iter().all(|one| *one == all),
            "threads disagree: {taken:?}"
        );
        (all, output.iter().map(|value| value.to_bits()).collect())
    }
}

/// Bytes of the generator SplitMix64.
fn drawn(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    let words = std::iter::repeat_with(|| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    });
    words.flat_map(u64::to_le_bytes).take(length).collect()
}

/// A NaN that no sum of finite numbers gives.
const UNTOUCHED: u32 = 0x7fc0_1234;

/// A 16-bit float of any size, but neither infinite nor NaN.
fn finite_scale(block: &mut [u8]) {
    if block[1] & 0x7c == 0x7c {
        block[1] &= !0x40;
    }
}

proptest! {
    #[test]
    fn the_kernel_gives_the_bits_of_llama_cpp_whatever_the_shape(
        panels in 8_usize..24, input in 2_usize..70, blocks in 1_usize..60, threads in 1..4, seed: u64,
    ) {
        let case = Case::draw(panels * 4 * threads as usize, input, blocks, threads, seed);
        let (theirs_taken, theirs) = case.by(llamafile_sgemm_of_llama_cpp);
        prop_assert!(theirs_taken);
        prop_assert!(!theirs.contains(&UNTOUCHED));
        let (taken, ours) = case.by_kernel();
        prop_assert!(taken);
        prop_assert_eq!(&ours, &theirs);
        prop_assert_eq!(case.by(llamafile_sgemm).1, theirs);
    }
}

#[test]
fn one_row_odd_matrices_and_small_ones_are_left_to_llama_cpp() {
    for (weights, input, threads) in [(64, 1, 1), (66, 8, 1), (28, 8, 1), (64, 8, 4)] {
        let case = Case::draw(weights, input, 4, threads, 1);
        let (taken, output) = case.by_kernel();
        assert!(!taken, "{weights} by {input} with {threads} threads");
        assert!(output.iter().all(|bits| *bits == UNTOUCHED));
        assert_eq!(
            case.by(llamafile_sgemm),
            case.by(llamafile_sgemm_of_llama_cpp)
        );
    }
}
