//! Products of matrices: the one place that calls the kernels of the crate `gemm`.
//!
//! Products take nearly all the time of a training, so they are left to kernels that choose their instructions by the
//! processor at run time. The sum of an element does not depend on the number of threads, which only share the
//! elements out; so a training repeats bit by bit on one machine.

#![allow(unsafe_code, reason = "the kernels take pointers and strides")]

use gemm::Parallelism;

use crate::matrix::{Matrix, View};

/// Who computes a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Threads {
    /// All threads of the pool.
    All,
    /// The caller alone: it is one of many already.
    Caller,
}

/// a · b.
pub(crate) fn product(a: View<'_>, b: View<'_>) -> Matrix {
    let mut to = Matrix::zeros([a.rows, b.columns]);
    multiply(&mut to, (a, b), (false, 1.0), Threads::All);
    to
}

/// a · b, computed by the caller alone.
pub(crate) fn product_alone(a: View<'_>, b: View<'_>) -> Matrix {
    let mut to = Matrix::zeros([a.rows, b.columns]);
    multiply(&mut to, (a, b), (false, 1.0), Threads::Caller);
    to
}

/// a · b · scale.
pub(crate) fn scaled_product(a: View<'_>, b: View<'_>, scale: f32) -> Matrix {
    let mut to = Matrix::zeros([a.rows, b.columns]);
    multiply(&mut to, (a, b), (false, scale), Threads::All);
    to
}

/// Adds a · b · scale to what is there.
pub(crate) fn add_product(to: &mut Matrix, a: View<'_>, b: View<'_>, scale: f32) {
    multiply(to, (a, b), (true, scale), Threads::All);
}

/// Adds a · b to what is there, computed by the caller alone.
pub(crate) fn add_product_alone(to: &mut Matrix, a: View<'_>, b: View<'_>) {
    multiply(to, (a, b), (true, 1.0), Threads::Caller);
}

fn multiply(
    to: &mut Matrix,
    (a, b): (View<'_>, View<'_>),
    (add, scale): (bool, f32),
    threads: Threads,
) {
    assert_eq!(a.columns, b.rows, "inner sides of a product agree");
    assert_eq!(to.dims(), [a.rows, b.columns], "outer sides agree");
    for view in [&a, &b] {
        let last = view.rows.saturating_sub(1) * view.row_stride
            + view.columns.saturating_sub(1) * view.column_stride;
        assert!(view.rows * view.columns == 0 || last < view.values.len());
    }
    let row = to.columns() as isize;
    let (m, n, k) = (a.rows, b.columns, a.columns);
    let parallelism = match threads {
        Threads::All => Parallelism::Rayon(0),
        Threads::Caller => Parallelism::None,
    };
    // SAFETY: the kernel reads a and b at row · row_stride + column · column_stride for rows and columns below
    // their counts; the greatest of these places was checked against their slices above. It writes `to` at
    // row · columns + column, all of which a matrix owns, and nobody else holds it: it is borrowed mutably.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            to.values_mut().as_mut_ptr(),
            1,
            row,
            add,
            a.values.as_ptr(),
            a.column_stride as isize,
            a.row_stride as isize,
            b.values.as_ptr(),
            b.column_stride as isize,
            b.row_stride as isize,
            1.0,
            scale,
            false,
            false,
            false,
            parallelism,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counting(dims: [usize; 2], from: usize) -> Matrix {
        let values = (0..dims[0] * dims[1]).map(|i| ((i * 7 + from) % 13) as f32 - 6.0);
        Matrix::new(dims, values.collect())
    }

    /// By the definition, element by element.
    fn naive(a: View<'_>, b: View<'_>) -> Matrix {
        let at = |v: &View<'_>, i, j| v.values[i * v.row_stride + j * v.column_stride];
        let element = |i, j| (0..a.columns).map(|k| at(&a, i, k) * at(&b, k, j)).sum();
        let all = (0..a.rows).flat_map(|i| (0..b.columns).map(move |j| (i, j)));
        let values = all.map(|(i, j): (usize, usize)| element(i, j)).collect();
        Matrix::new([a.rows, b.columns], values)
    }

    #[test]
    fn a_product_is_what_the_definition_says_for_parts_and_transposes() {
        let (a, b) = (counting([37, 19], 1), counting([29, 19], 5));
        assert_eq!(
            product(a.view(), b.transposed()),
            naive(a.view(), b.transposed())
        );
        let (left, right) = (
            a.view().part([3, 2], [20, 11]),
            b.transposed().part([2, 4], [11, 9]),
        );
        assert_eq!(product_alone(left, right), naive(left, right));
        let mut sum = counting([20, 9], 3);
        let mut expected = sum.clone();
        add_product(&mut sum, left, right, 2.0);
        (0..2).for_each(|_| expected.add(&naive(left, right)));
        assert_eq!(sum, expected);
    }

    #[test]
    #[should_panic(expected = "inner sides")]
    fn sides_that_do_not_fit_are_refused() {
        product(counting([2, 3], 0).view(), counting([2, 3], 0).view());
    }
}
