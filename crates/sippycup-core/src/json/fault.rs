//! Where reading a document failed, and what should have stood there.

/// What was wrong, and at which byte. The JSON path is found again from the position, so that the walk
/// itself does not have to keep one. Small, because every step of the walk may return it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    at: u32,
    expected: Expected,
}

/// What should have stood where the walk stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Colon,
    CommaOrBrace,
    CommaOrBracket,
    Digit,
    End,
    Escape,
    Literal,
    MemberName,
    More,
    NoControl,
    Pair,
    Quote,
    Utf8,
    Value,
}

impl Fault {
    pub(crate) fn new(at: usize, expected: Expected) -> Self {
        Self { at: at as u32, expected }
    }

    /// Where a document stops being UTF-8, if it does.
    pub(crate) fn not_utf8(json: &[u8]) -> Option<Self> {
        let error = std::str::from_utf8(json).err()?;
        Some(Self::new(error.valid_up_to(), Expected::Utf8))
    }

    pub(crate) fn at(self) -> usize {
        self.at as usize
    }

    /// What was expected, for a message.
    pub(crate) fn expected(self) -> &'static str {
        match self.expected {
            Expected::Colon => "`:`",
            Expected::CommaOrBrace => "`,` or `}`",
            Expected::CommaOrBracket => "`,` or `]`",
            Expected::Digit => "a digit",
            Expected::End => "the end of the document",
            Expected::Escape => "a valid escape",
            Expected::Literal => "`true`, `false` or `null`",
            Expected::MemberName => "a member name",
            Expected::More => "more of the document, not its end",
            Expected::NoControl => "no raw control character in a string",
            Expected::Pair => "a surrogate pair, not half of one",
            Expected::Quote => "the end of the string",
            Expected::Utf8 => "UTF-8",
            Expected::Value => "a value",
        }
    }
}
