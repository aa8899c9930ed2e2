//! Attention with grouped heads: who looks at whom, forwards and back.
//!
//! Queries, keys and values lie in matrices of shape (tokens, heads × head); one head of one sequence is a part of
//! them. Weights of attention are not kept for the way back: computing them again costs less than 1 % of a layer at a
//! thousand tokens, and keeping them would take the most memory of all. Sequences and groups of heads are computed
//! side by side, each by one thread, so the result does not depend on how many there are.

use std::ops::Range;

use rayon::prelude::*;

use crate::exponential::exp;
use crate::matrix::{Matrix, View};
use crate::places::Places;
use crate::product::{add_product_alone, product_alone};

/// How heads are cut out of rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heads {
    pub(crate) queries: usize,
    pub(crate) keys: usize,
    pub(crate) head: usize,
}

/// Queries, keys and values after their rotation, or the gradients of them.
#[derive(Debug)]
pub(crate) struct Seeing {
    pub(crate) query: Matrix,
    pub(crate) key: Matrix,
    pub(crate) value: Matrix,
}

impl Heads {
    /// What each token sees: a matrix shaped like the queries.
    pub(crate) fn attend(&self, seeing: &Seeing, places: &Places) -> Matrix {
        let parts = self.parts(places, self.queries);
        let seen: Vec<Matrix> = parts
            .par_iter()
            .map(|(span, query)| {
                let one = self.one(seeing, span, *query);
                product_alone(one.weights().view(), one.value)
            })
            .collect();
        self.gather(&parts, &seen, (seeing.query.rows(), self.queries))
    }

    /// The gradients of queries, keys and values, given that of what was seen.
    pub(crate) fn back(&self, seeing: &Seeing, gradient: &Matrix, places: &Places) -> Seeing {
        let parts = self.parts(places, self.keys);
        let group = self.queries / self.keys;
        let found: Vec<(Vec<Matrix>, Matrix, Matrix)> = parts
            .par_iter()
            .map(|(span, key)| {
                let shape = [span.len(), self.head];
                let (mut of_key, mut of_value) = (Matrix::zeros(shape), Matrix::zeros(shape));
                let queries = (key * group..(key + 1) * group).map(|query| {
                    let one = self.one(seeing, span, query);
                    let gradient = self.part(gradient, span, query);
                    one.back(gradient, &mut of_key, &mut of_value)
                });
                let of_queries = queries.collect();
                (of_queries, of_key, of_value)
            })
            .collect();
        let tokens = gradient.rows();
        let of_query = parts.iter().zip(&found).flat_map(|((span, key), one)| {
            let query = move |i: usize| (span.clone(), key * group + i);
            one.0.iter().enumerate().map(move |(i, m)| (query(i), m))
        });
        let (query_parts, of_query): (Vec<_>, Vec<_>) = of_query.unzip();
        Seeing {
            query: self.gather(&query_parts, of_query, (tokens, self.queries)),
            key: self.gather(&parts, found.iter().map(|one| &one.1), (tokens, self.keys)),
            value: self.gather(&parts, found.iter().map(|one| &one.2), (tokens, self.keys)),
        }
    }

    /// Every head of every sequence.
    fn parts(&self, places: &Places, heads: usize) -> Vec<(Range<usize>, usize)> {
        let of = |span: &Range<usize>| {
            (0..heads)
                .map({
                    let span = span.clone();
                    move |head| (span.clone(), head)
                })
                .collect::<Vec<_>>()
        };
        places.spans.iter().flat_map(of).collect()
    }

    fn part<'a>(&self, of: &'a Matrix, span: &Range<usize>, head: usize) -> View<'a> {
        let first = [span.start, head * self.head];
        of.view().part(first, [span.len(), self.head])
    }

    fn one<'a>(&self, seeing: &'a Seeing, span: &Range<usize>, query: usize) -> Head<'a> {
        let key = query / (self.queries / self.keys);
        Head {
            query: self.part(&seeing.query, span, query),
            key: self.part(&seeing.key, span, key),
            value: self.part(&seeing.value, span, key),
        }
    }

    /// Puts heads of sequences back into rows.
    fn gather<'a>(
        &self,
        parts: &[(Range<usize>, usize)],
        each: impl IntoIterator<Item = &'a Matrix>,
        (tokens, heads): (usize, usize),
    ) -> Matrix {
        let mut all = Matrix::zeros([tokens, heads * self.head]);
        for ((span, head), one) in parts.iter().zip(each) {
            let columns = head * self.head..(head + 1) * self.head;
            for (i, row) in span.clone().enumerate() {
                all.row_mut(row)[columns.clone()].copy_from_slice(one.row(i));
            }
        }
        all
    }
}

/// One query head of one sequence.
struct Head<'a> {
    query: View<'a>,
    key: View<'a>,
    value: View<'a>,
}

impl Head<'_> {
    /// How much each token looks at each: rows sum to one, nothing right of the diagonal.
    fn weights(&self) -> Matrix {
        let scale = self.scale();
        let mut scores = product_alone(self.query, self.key.transposed());
        for row in 0..scores.rows() {
            let (seen, hidden) = scores.row_mut(row).split_at_mut(row + 1);
            let most = seen.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            seen.iter_mut().for_each(|s| *s = exp((*s - most) * scale));
            let sum: f32 = seen.iter().sum();
            seen.iter_mut().for_each(|s| *s /= sum);
            hidden.fill(0.0);
        }
        scores
    }

    /// Adds to the gradients of key and value; returns that of the query.
    fn back(&self, gradient: View<'_>, of_key: &mut Matrix, of_value: &mut Matrix) -> Matrix {
        let weights = self.weights();
        add_product_alone(of_value, weights.transposed(), gradient);
        let mut of_scores = product_alone(gradient, self.value.transposed());
        let scale = self.scale();
        for row in 0..weights.rows() {
            let (own, weights) = (of_scores.row_mut(row), weights.row(row));
            let mean: f32 = own.iter().zip(weights).map(|(g, w)| g * w).sum();
            let pairs = own.iter_mut().zip(weights);
            pairs.for_each(|(g, w)| *g = w * (*g - mean) * scale);
        }
        add_product_alone(of_key, of_scores.transposed(), self.query);
        product_alone(of_scores.view(), self.key)
    }

    fn scale(&self) -> f32 {
        (1.0 / (self.query.columns as f64).sqrt()) as f32
    }
}
