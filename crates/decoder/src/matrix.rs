//! A matrix of floats, rows one after another.

/// Numbers in rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    dims: [usize; 2],
    values: Vec<f32>,
}

impl Matrix {
    /// A matrix of these numbers, row after row.
    ///
    /// # Panics
    /// When there are not rows × columns of them.
    pub fn new([rows, columns]: [usize; 2], values: Vec<f32>) -> Self {
        assert_eq!(values.len(), rows * columns, "{rows} × {columns} numbers");
        Self {
            dims: [rows, columns],
            values,
        }
    }

    /// A matrix of zeros.
    pub fn zeros([rows, columns]: [usize; 2]) -> Self {
        Self::new([rows, columns], vec![0.0; rows * columns])
    }

    /// Rows and columns.
    pub fn dims(&self) -> [usize; 2] {
        self.dims
    }

    /// The same, lent.
    pub fn shape(&self) -> &[usize] {
        &self.dims
    }

    /// All numbers, row after row.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// All numbers, row after row.
    pub fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }

    pub(crate) fn rows(&self) -> usize {
        self.dims[0]
    }

    pub(crate) fn columns(&self) -> usize {
        self.dims[1]
    }

    pub(crate) fn row(&self, index: usize) -> &[f32] {
        &self.values[index * self.columns()..(index + 1) * self.columns()]
    }

    pub(crate) fn row_mut(&mut self, index: usize) -> &mut [f32] {
        let columns = self.columns();
        &mut self.values[index * columns..(index + 1) * columns]
    }

    /// Adds another of the same shape.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn add(&mut self, other: &Self) {
        assert_eq!(self.dims(), other.dims(), "matrices of one shape are added");
        let pairs = self.values.iter_mut().zip(&other.values);
        pairs.for_each(|(own, other)| *own += other);
    }

    /// Its rows, added up, as one row.
    pub(crate) fn sum_of_rows(&self) -> Self {
        let mut sum = Self::zeros([1, self.columns()]);
        for row in self.values.chunks(self.columns().max(1)) {
            let sums = sum.values.iter_mut().zip(row);
            sums.for_each(|(sum, value)| *sum += value);
        }
        sum
    }

    pub(crate) fn view(&self) -> View<'_> {
        View {
            values: &self.values,
            rows: self.rows(),
            columns: self.columns(),
            row_stride: self.columns(),
            column_stride: 1,
        }
    }

    /// Its columns become rows, without moving a number.
    pub(crate) fn transposed(&self) -> View<'_> {
        self.view().transposed()
    }
}

/// A part of a matrix, or its transpose, without a copy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    /// From the first element of the view on.
    pub(crate) values: &'a [f32],
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) row_stride: usize,
    pub(crate) column_stride: usize,
}

impl<'a> View<'a> {
    pub(crate) fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    /// So many rows and columns from this row and this column on.
    pub(crate) fn part(self, [row, column]: [usize; 2], [rows, columns]: [usize; 2]) -> View<'a> {
        assert!(row + rows <= self.rows && column + columns <= self.columns);
        let first = row * self.row_stride + column * self.column_stride;
        View {
            values: &self.values[first..],
            rows,
            columns,
            ..self
        }
    }
}
