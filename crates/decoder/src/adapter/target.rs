//! The matrices of a layer that can have factors, and what others call them.

use crate::Error;
use crate::shape::Shape;

/// One of the seven matrices of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// Queries.
    Query,
    /// Keys.
    Key,
    /// Values.
    Value,
    /// What attention has seen, on its way back.
    Output,
    /// The gate of the feed-forward block.
    Gate,
    /// Its way in.
    Up,
    /// Its way out.
    Down,
}

impl Target {
    /// All of them, in the order in which parameters are counted.
    pub const ALL: [Target; 7] = [
        Target::Query,
        Target::Key,
        Target::Value,
        Target::Output,
        Target::Gate,
        Target::Up,
        Target::Down,
    ];

    /// Its name in a checkpoint of `transformers`, which is also what flags and PEFT call it.
    pub fn name(self) -> &'static str {
        match self {
            Target::Query => "q_proj",
            Target::Key => "k_proj",
            Target::Value => "v_proj",
            Target::Output => "o_proj",
            Target::Gate => "gate_proj",
            Target::Up => "up_proj",
            Target::Down => "down_proj",
        }
    }

    /// The target of that name.
    ///
    /// # Errors
    /// [`Error::Lora`], with the names that there are.
    pub fn parse(name: &str) -> Result<Self, Error> {
        let found = Target::ALL.into_iter().find(|target| target.name() == name);
        found.ok_or_else(|| {
            let names = Target::ALL.map(Target::name).join(", ");
            Error::Lora(format!("no target is called {name}; there are {names}"))
        })
    }

    /// The stem of its tensor in a GGUF file, without layer and ending.
    pub fn in_gguf(self) -> &'static str {
        match self {
            Target::Query => "attn_q",
            Target::Key => "attn_k",
            Target::Value => "attn_v",
            Target::Output => "attn_output",
            Target::Gate => "ffn_gate",
            Target::Up => "ffn_up",
            Target::Down => "ffn_down",
        }
    }

    /// Its module in a layer of `transformers`.
    pub fn in_transformers(self) -> String {
        let block = match self {
            Target::Gate | Target::Up | Target::Down => "mlp",
            _ => "self_attn",
        };
        format!("{block}.{}", self.name())
    }

    /// Outputs and inputs of its matrix.
    pub fn sides(self, shape: &Shape) -> [usize; 2] {
        let (queries, keys) = (shape.heads * shape.head, shape.kv_heads * shape.head);
        match self {
            Target::Query => [queries, shape.width],
            Target::Key | Target::Value => [keys, shape.width],
            Target::Output => [shape.width, queries],
            Target::Gate | Target::Up => [shape.inner, shape.width],
            Target::Down => [shape.width, shape.inner],
        }
    }
}
