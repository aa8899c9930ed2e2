//! The words for what ended an attempt.

use std::fmt;

/// What ended it. The words are part of the records: none is ever given another meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Everything that the suite checks is right.
    Pass,
    /// Graded by scores alone, without a ladder.
    Graded,
    /// It ran well and printed something else.
    WrongOutput,
    /// It answered, and not what the tests want.
    WrongAnswer,
    /// It did not do all that was expected.
    Unexpected,
    /// It raised what no test asks for.
    Exception,
    /// It answered with something that is no plain value, or too large a one.
    NotPlain,
    /// It broke the rules of the line to the tests.
    ProtocolError,
    /// No code could be found in the text.
    NoCode,
    /// The compiler refused it.
    CompileError,
    /// The compiler did not come to an end with it.
    CompileTimeout,
    /// It ended with an exit code other than 0, whatever it had printed.
    RuntimeExit,
    /// A signal ended it: a crash.
    Signal,
    /// It used up its CPU time.
    CpuLimit,
    /// It was still there at the wall deadline, asleep or waiting.
    WallLimit,
    /// It, or the compiler because of it, used too much memory.
    MemoryLimit,
    /// It, or the compiler because of it, wrote too much.
    OutputLimit,
    /// It, or the compiler because of it, wrote too large a file.
    FileLimit,
    /// Its scratch folder grew beyond the limit.
    DiskLimit,
    /// It had more processes and threads than allowed.
    ProcessLimit,
    /// It compiled to something that the kernel cannot execute.
    NotExecutable,
    /// Not judged: this machine failed, not the model.
    HarnessError,
}

impl Cause {
    /// The word in the records.
    pub fn word(self) -> &'static str {
        match self {
            Cause::Pass => "pass",
            Cause::Graded => "graded",
            Cause::WrongOutput => "wrong_output",
            Cause::WrongAnswer => "wrong_answer",
            Cause::Unexpected => "unexpected",
            Cause::Exception => "exception",
            Cause::NotPlain => "not_plain",
            Cause::ProtocolError => "protocol_error",
            Cause::NoCode => "no_code",
            Cause::CompileError => "compile_error",
            Cause::CompileTimeout => "compile_timeout",
            Cause::RuntimeExit => "runtime_exit",
            Cause::Signal => "signal",
            Cause::CpuLimit => "cpu_limit",
            Cause::WallLimit => "wall_limit",
            Cause::MemoryLimit => "memory_limit",
            Cause::OutputLimit => "output_limit",
            Cause::FileLimit => "file_limit",
            Cause::DiskLimit => "disk_limit",
            Cause::ProcessLimit => "process_limit",
            Cause::NotExecutable => "not_executable",
            Cause::HarnessError => "harness_error",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.word())
    }
}
