//! Patterns with `*` and `?`, and blocks of addresses.

use std::net::IpAddr;

/// Whether a pattern matches the whole text: `*` stands for any characters or none, `?` for one. With `escapes`, `\*` and `\?` stand for the character itself.
///
/// It goes back to the last `*` only, so it takes no more steps than the two lengths multiplied.
pub(super) fn matches(pattern: &str, text: &str, case: Case, escapes: bool) -> bool {
    let pattern = parsed(pattern, escapes);
    let text: Vec<char> = text.chars().collect();
    let same = |a: char, b: char| match case {
        Case::Sensitive => a == b,
        Case::Insensitive => a.eq_ignore_ascii_case(&b),
    };
    let (mut at, mut of) = (0, 0);
    // The place in the pattern after the last `*`, and the place in the text where that is tried next.
    let mut back: Option<(usize, usize)> = None;
    while let Some(&c) = text.get(at) {
        match pattern.get(of) {
            Some(Part::Any) => {
                back = Some((of + 1, at));
                of += 1;
            }
            Some(Part::One) => (at, of) = (at + 1, of + 1),
            Some(Part::Character(wanted)) if same(*wanted, c) => (at, of) = (at + 1, of + 1),
            _ => match back {
                Some((behind, taken)) => {
                    back = Some((behind, taken + 1));
                    (at, of) = (taken + 1, behind);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(of).all(|part| *part == Part::Any)
}

/// How many `*` and `?` a pattern has.
pub(super) fn wildcards(pattern: &str, escapes: bool) -> usize {
    parsed(pattern, escapes).iter().filter(|part| matches!(part, Part::Any | Part::One)).count()
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Case {
    Insensitive,
    Sensitive,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Part {
    Any,
    Character(char),
    One,
}

fn parsed(pattern: &str, escapes: bool) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut characters = pattern.chars();
    while let Some(c) = characters.next() {
        parts.push(match c {
            '*' => Part::Any,
            '?' => Part::One,
            '\\' if escapes => Part::Character(characters.next().unwrap_or('\\')),
            c => Part::Character(c),
        });
    }
    parts
}

/// A block of addresses: `192.0.2.0/24`, `2001:db8::/32`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Cidr {
    network: u128,
    mask: u128,
    is_v4: bool,
}

impl Cidr {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let bits: u32 = bits.parse().ok().filter(|_| bits.bytes().all(|b| b.is_ascii_digit()))?;
        let width: u32 = if address.is_ipv4() { 32 } else { 128 };
        let host = width.checked_sub(bits)?;
        let mask = u128::MAX.checked_shl(host).unwrap_or(0);
        Some(Self { network: number(address) & mask, mask, is_v4: address.is_ipv4() })
    }

    pub(super) fn contains(self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.is_v4 && number(address) & self.mask == self.network
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_takes_the_whole_text() {
        for (pattern, text, is_taken) in [
            ("/img/*", "/img/a/b.png", true),
            ("/img/*", "/img/", true),
            ("/img/*", "/img", false),
            ("/IMG/*", "/img/x", false),
            ("/img/*/pics", "/img/a/b/pics", true),
            ("/img/*/pics", "/img/pics", false),
            ("/?", "/a", true),
            ("/?", "/ab", false),
            ("/?", "/ö", true),
            ("*", "", true),
            ("**", "x", true),
            ("", "", true),
            ("", "x", false),
            ("*a*b", "xaybzb", true),
            ("*a*b", "xaybz", false),
        ] {
            assert_eq!(matches(pattern, text, Case::Sensitive, false), is_taken, "{pattern} {text}");
        }
        assert!(matches("A*", "abc", Case::Insensitive, false));
        assert!(matches(r"a\*", "a*", Case::Sensitive, true));
        assert!(!matches(r"a\*", "ab", Case::Sensitive, true));
        assert!(matches(r"a\", r"a\", Case::Sensitive, true));
        assert_eq!((wildcards("*a?", true), wildcards(r"\*a?", true)), (2, 1));
    }

    #[test]
    fn a_pattern_made_to_go_back_often_does_not_take_long() {
        // With backtracking to every `*` this would not end.
        let pattern = "*a".repeat(64) + "b";
        assert!(!matches(&pattern, &"a".repeat(100_000), Case::Sensitive, false));
    }

    #[test]
    fn a_block_has_the_addresses_with_its_first_bits() {
        for (block, address, is_in) in [
            ("192.0.2.0/24", "192.0.2.255", true),
            ("192.0.2.0/24", "192.0.3.0", false),
            ("192.0.2.7/24", "192.0.2.1", true),
            ("0.0.0.0/0", "203.0.113.1", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "2001:db8::1", true),
            ("2001:db8::/32", "2001:db8:1::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("192.0.2.1/32", "::ffff:192.0.2.1", true),
            ("192.0.2.1/32", "192.0.2.2", false),
        ] {
            let block = Cidr::parse(block).unwrap();
            assert_eq!(block.contains(address.parse().unwrap()), is_in, "{block:?} {address}");
        }
        for wrong in ["", "192.0.2.1", "192.0.2.1/33", "::/129", "192.0.2.1/", "192.0.2.1/-1", "192.0.2.1/+1", "x/8"] {
            assert_eq!(Cidr::parse(wrong), None, "{wrong}");
        }
    }
}
