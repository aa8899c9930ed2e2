//! The instructions of a pickle that checkpoints use, with their operands taken from the bytes.
//!
//! Python's `pickletools` is the reference. Protocols up to 5 are read; instructions that make
//! objects, that copy from outside or that no checkpoint has are refused by their name.

/// An instruction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Op<'a> {
    /// Nothing that matters here: a protocol's number, a frame.
    Skip,
    Stop,
    Mark,
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
    EmptyDict,
    EmptyList,
    EmptyTuple,
    /// A tuple of everything since the mark.
    Tuple,
    /// A tuple of the last values.
    TupleOf(usize),
    Append,
    Appends,
    SetItem,
    SetItems,
    /// Keeps the last value under a number; `None`: the next one.
    Keep(Option<u32>),
    Recall(u32),
    Global(&'a str, &'a str),
    StackGlobal,
    PersistentId,
    Reduce,
    Build,
}

/// The bytes of a pickle, read from the front.
pub(super) struct Code<'a>(pub(super) &'a [u8]);

impl<'a> Code<'a> {
    /// The next instruction.
    pub(super) fn next(&mut self) -> Result<Op<'a>, String> {
        let [code] = self.take()?;
        Ok(match code {
            0x80 => self.protocol()?,
            0x95 => {
                self.take::<8>()?;
                Op::Skip
            }
            b'.' => Op::Stop,
            b'(' => Op::Mark,
            b'N' => Op::None,
            0x88 => Op::Bool(true),
            0x89 => Op::Bool(false),
            b'J' => Op::Int(i32::from_le_bytes(self.take()?).into()),
            b'K' => Op::Int(self.take::<1>()?[0].into()),
            b'M' => Op::Int(u16::from_le_bytes(self.take()?).into()),
            0x8a => self.long()?,
            b'G' => Op::Float(f64::from_be_bytes(self.take()?)),
            b'X' => {
                let len = u32::from_le_bytes(self.take()?);
                Op::Text(self.text(len as usize)?)
            }
            0x8c => {
                let [len] = self.take()?;
                Op::Text(self.text(len.into())?)
            }
            b'}' => Op::EmptyDict,
            b']' => Op::EmptyList,
            b')' => Op::EmptyTuple,
            b't' => Op::Tuple,
            0x85 => Op::TupleOf(1),
            0x86 => Op::TupleOf(2),
            0x87 => Op::TupleOf(3),
            b'a' => Op::Append,
            b'e' => Op::Appends,
            b's' => Op::SetItem,
            b'u' => Op::SetItems,
            b'q' => Op::Keep(Some(self.take::<1>()?[0].into())),
            b'r' => Op::Keep(Some(u32::from_le_bytes(self.take()?))),
            0x94 => Op::Keep(None),
            b'h' => Op::Recall(self.take::<1>()?[0].into()),
            b'j' => Op::Recall(u32::from_le_bytes(self.take()?)),
            b'c' => Op::Global(self.line()?, self.line()?),
            0x93 => Op::StackGlobal,
            b'Q' => Op::PersistentId,
            b'R' => Op::Reduce,
            b'b' => Op::Build,
            other => return Err(format!("it uses the instruction {}", name(other))),
        })
    }

    fn protocol(&mut self) -> Result<Op<'a>, String> {
        let [version] = self.take()?;
        match version {
            2..=5 => Ok(Op::Skip),
            _ => Err(format!("it is a pickle of protocol {version}")),
        }
    }

    /// A little-endian number in two's complement; longer ones than a checkpoint needs are refused.
    fn long(&mut self) -> Result<Op<'a>, String> {
        let [len] = self.take()?;
        let digits = self.slice(len.into())?;
        let Some(last) = digits.last() else {
            return Ok(Op::Int(0));
        };
        let mut bytes = if last & 0x80 == 0 { [0; 8] } else { [0xff; 8] };
        let place = bytes.get_mut(..digits.len());
        place
            .ok_or("it holds a number of more than 64 bits")?
            .copy_from_slice(digits);
        Ok(Op::Int(i64::from_le_bytes(bytes)))
    }

    fn text(&mut self, len: usize) -> Result<&'a str, String> {
        std::str::from_utf8(self.slice(len)?).map_err(|_| "it holds a text that is none".into())
    }

    fn line(&mut self) -> Result<&'a str, String> {
        let end = self.0.iter().position(|byte| *byte == b'\n');
        let line = self.text(end.ok_or("it ends within a name")?)?;
        self.take::<1>()?;
        Ok(line)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let (front, rest) = self.0.split_first_chunk().ok_or("it ends too early")?;
        self.0 = rest;
        Ok(*front)
    }

    fn slice(&mut self, len: usize) -> Result<&'a [u8], String> {
        let (front, rest) = self.0.split_at_checked(len).ok_or("it ends too early")?;
        self.0 = rest;
        Ok(front)
    }
}

/// Names of the refused instructions that one may meet.
fn name(code: u8) -> String {
    let known = match code {
        b'i' => "INST",
        b'o' => "OBJ",
        0x81 => "NEWOBJ",
        0x92 => "NEWOBJ_EX",
        b'P' => "PERSID",
        0x82..=0x84 => "EXT",
        0x97 | 0x98 => "NEXT_BUFFER",
        b'B' | b'C' | 0x8e | 0x96 => "BYTES",
        0x8f..=0x91 => "SET",
        _ => return format!("{code:#04x}"),
    };
    known.to_owned()
}
