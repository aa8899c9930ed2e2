//! Gradients: confirmed by finite differences, the same however they are come by, and present everywhere.

use super::*;
use decoder::Batch;
use decoder::backward::{Recompute, slope};

/// Two sequences of different lengths, each with a prompt.
fn batch() -> Batch {
    let mut batch = Batch::default();
    batch.push(&tokens(24), 9).unwrap();
    batch.push(&tokens(40)[7..], 4).unwrap();
    batch
}

#[test]
fn finite_differences_confirm_the_gradient_of_every_kind_of_parameter() {
    const STEP: f32 = 2e-2;
    let (_folder, path) = toy_in_f32();
    let model = Transformer::load(&path).unwrap();
    let batch = batch();
    let adapter = adapter(model.shape(), 2);
    let slope = slope(&model, &adapter, &batch, 1.0, Recompute::Nothing).unwrap();
    let parameters = adapter.parameters();
    for (i, (place, own)) in parameters.iter().enumerate() {
        let gradient = slope.gradients[i].values();
        // Along the gradient itself the difference is largest against the rounding of the loss.
        let length = gradient.iter().map(|g| g * g).sum::<f32>().sqrt();
        assert!(length > 0.0, "{place:?}");
        let moved = |by: f32| {
            let pairs = own.values().iter().zip(gradient);
            let new = pairs.map(|(v, g)| v + by * g / length).collect();
            let mut adapter = adapter.clone();
            let place = adapter.parameters_mut().nth(i).unwrap();
            *place = Matrix::new(own.dims(), new);
            model.nats(&batch, Some(&adapter)).unwrap()
        };
        let difference = (moved(STEP) - moved(-STEP)) / (2.0 * f64::from(STEP));
        let error = (difference - f64::from(length)).abs() / f64::from(length);
        assert!(error < 0.02, "{place:?}: {difference} against {length}");
    }
}

#[test]
fn every_parameter_gets_a_gradient_and_at_first_only_b_moves() {
    let (_folder, path) = toy_file();
    let model = Transformer::load(&path).unwrap();
    let filled = adapter(model.shape(), 4);
    let all = slope(&model, &filled, &batch(), 1.0, Recompute::Nothing).unwrap();
    assert_eq!(all.gradients.len(), 2 * 7 * model.shape().layers);
    for ((place, own), gradient) in filled.parameters().iter().zip(&all.gradients) {
        assert_eq!(own.dims(), gradient.dims(), "{place:?}");
        let numbers = gradient.values();
        assert!(numbers.iter().all(|g| g.is_finite()), "{place:?}");
        assert!(numbers.iter().any(|&g| g != 0.0), "{place:?}");
    }
    // A new adapter's B is zero, so A's gradient is zero and B's is not.
    let new = Adapter::new(model.shape(), filled.lora(), 5).unwrap();
    let first = slope(&model, &new, &batch(), 1.0, Recompute::Nothing).unwrap();
    for ((place, _), gradient) in new.parameters().iter().zip(&first.gradients) {
        let is_b = place.factor == Factor::B;
        let some = gradient.values().iter().any(|&g| g != 0.0);
        assert_eq!(some, is_b, "{place:?}");
    }
}

#[test]
fn recomputing_layers_changes_no_bit() {
    let (_folder, path) = toy_file();
    let model = Transformer::load(&path).unwrap();
    let adapter = adapter(model.shape(), 4);
    let kept = slope(&model, &adapter, &batch(), 0.5, Recompute::Nothing).unwrap();
    let again = slope(&model, &adapter, &batch(), 0.5, Recompute::Layers).unwrap();
    assert_eq!(kept.nats, again.nats);
    for (kept, again) in kept.gradients.iter().zip(&again.gradients) {
        assert_eq!(kept, again);
    }
}

#[test]
fn the_loss_is_the_sum_over_the_goals_of_the_logits() {
    let (_folder, path) = toy_file();
    let model = Transformer::load(&path).unwrap();
    let tokens = tokens(50);
    let mut batch = Batch::default();
    batch.push(&tokens, 20).unwrap();
    let rows = rows_of_decoder(&model, &tokens, None);
    let nats = |place: usize| {
        let row = &rows[place - 1];
        let sum: f64 = row.iter().map(|&logit| f64::from(logit).exp()).sum();
        sum.ln() - f64::from(row[tokens[place] as usize])
    };
    let expected: f64 = (20..50).map(nats).sum();
    let found = model.nats(&batch, None).unwrap();
    assert!(
        (found - expected).abs() < 1e-3 * expected,
        "{found} {expected}"
    );
}

/// More goals than one chunk of logits holds.
#[test]
fn chunks_of_logits_add_up() {
    let (_folder, path) = toy_file();
    let model = Transformer::load(&path).unwrap();
    let adapter = adapter(model.shape(), 2);
    let of = |from: usize, to: usize| {
        let mut batch = Batch::default();
        batch.push(&tokens(to), from).unwrap();
        slope(&model, &adapter, &batch, 1.0, Recompute::Nothing).unwrap()
    };
    let (whole, first, second) = (of(1, 300), of(1, 151), {
        let mut batch = Batch::default();
        batch.push(&tokens(300), 151).unwrap();
        slope(&model, &adapter, &batch, 1.0, Recompute::Nothing).unwrap()
    });
    assert!((whole.nats - first.nats - second.nats).abs() < 1e-3 * whole.nats);
    for i in 0..whole.gradients.len() {
        let mut sum = first.gradients[i].clone();
        sum.add(&second.gradients[i]);
        let (sum, whole) = (sum.values(), whole.gradients[i].values());
        let largest = whole.iter().fold(0.0_f32, |most, g| most.max(g.abs()));
        for (sum, whole) in sum.iter().zip(whole) {
            assert!((sum - whole).abs() < 1e-3 * largest, "{sum} {whole}");
        }
    }
}

#[test]
fn sequences_of_a_batch_do_not_see_each_other() {
    let (_folder, path) = toy_file();
    let model = Transformer::load(&path).unwrap();
    let (long, short) = (tokens(40), tokens(15));
    let nats = |sequences: &[&[Token]]| {
        let mut batch = Batch::default();
        for tokens in sequences {
            batch.push(tokens, 5).unwrap();
        }
        model.nats(&batch, None).unwrap()
    };
    let apart = nats(&[&long]) + nats(&[&short]);
    let together = nats(&[&short, &long]);
    assert!(
        (apart - together).abs() < 1e-3 * apart,
        "{apart} {together}"
    );
}
