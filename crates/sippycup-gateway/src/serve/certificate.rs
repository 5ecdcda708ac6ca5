//! What events and headers say of a client's certificate, read from its DER.
//!
//! The handshake has verified it. So what is not as X.509 (RFC 5280) wants it is left out, and is no error.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::ClientCertificate;
use crate::secured::Client;

/// A certificate as AWS tells functions of it: API Gateway in the context, a load balancer in headers.
pub(super) fn client(der: &[u8]) -> Client {
    let (read, pem) = (Read::of(der).unwrap_or_default(), pem(der));
    let leaf = utf8_percent_encode(&pem, NOT_SAFE).to_string();
    let validity = format!("NotBefore={};NotAfter={}", read.not_before.iso(), read.not_after.iso());
    let headers = [
        ("x-amzn-mtls-clientcert-serial-number", hexadecimal(&read.serial)),
        ("x-amzn-mtls-clientcert-issuer", reversed(&read.issuer)),
        ("x-amzn-mtls-clientcert-subject", reversed(&read.subject)),
        ("x-amzn-mtls-clientcert-validity", validity),
        ("x-amzn-mtls-clientcert-leaf", leaf),
    ];
    let certificate = ClientCertificate::new(pem, read.subject.join(","), read.issuer.join(","))
        .serial_number(serial(&read.serial))
        .validity(read.not_before.openssl(), read.not_after.openssl());
    Client { certificate, headers }
}

#[derive(Debug, Default)]
struct Read {
    serial: Vec<u8>,
    /// The parts of a name in their order, which API Gateway keeps.
    issuer: Vec<String>,
    subject: Vec<String>,
    not_before: Time,
    not_after: Time,
}

impl Read {
    fn of(der: &[u8]) -> Option<Self> {
        let (_, certificate) = Der(der).next()?;
        let (_, signed) = Der(certificate).next()?;
        let mut parts = Der(signed);
        let (mut tag, mut serial) = parts.next()?;
        if tag == VERSION {
            (tag, serial) = parts.next()?;
        }
        let _algorithm = parts.next().filter(|_| tag == INTEGER)?;
        let issuer = distinguished(parts.next()?.1);
        let mut validity = Der(parts.next()?.1);
        Some(Self {
            serial: serial.to_vec(),
            issuer,
            not_before: Time::of(validity.next()?)?,
            not_after: Time::of(validity.next()?)?,
            subject: distinguished(parts.next()?.1),
        })
    }
}

/// Values of DER, one behind the other: a tag, a length, and so many bytes.
struct Der<'a>(&'a [u8]);

impl<'a> Iterator for Der<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (tag, rest) = self.0.split_first()?;
        let (first, rest) = rest.split_first()?;
        // `05` are five bytes, `82 01 00` are 256.
        let (length, rest) = match first.checked_sub(0x80) {
            None => (usize::from(*first), rest),
            Some(count) => {
                let (length, rest) = rest.split_at_checked(usize::from(count)).filter(|_| count <= 4)?;
                (length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
            }
        };
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((*tag, value))
    }
}

/// `1`, or `0a:1b:…` of what is longer than eight bytes, as OpenSSL shows them.
fn serial(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(&[0]).filter(|rest| !rest.is_empty()).unwrap_or(bytes);
    if bytes.len() <= 8 {
        return bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte)).to_string();
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

/// `03A5B1`
fn hexadecimal(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(&[0]).filter(|rest| !rest.is_empty()).unwrap_or(bytes);
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// A name as RFC 2253 has it, the last part first: `CN=ann,O=Example,C=US`.
fn reversed(parts: &[String]) -> String {
    parts.iter().rev().map(String::as_str).collect::<Vec<_>>().join(",")
}

/// The parts of a name, `CN=ann` each, in their order.
fn distinguished(name: &[u8]) -> Vec<String> {
    let part = |(_, values): (u8, &[u8])| {
        let values = Der(values).filter_map(|(_, pair)| {
            let mut pair = Der(pair);
            let (key, (tag, value)) = (pair.next()?.1, pair.next()?);
            Some(format!("{}={}", attribute(key), escaped(&text(tag, value))))
        });
        values.collect::<Vec<_>>().join("+")
    };
    Der(name).map(part).collect()
}

/// The name of an attribute, else its number.
fn attribute(oid: &[u8]) -> String {
    match ATTRIBUTES.iter().find(|(known, _)| *known == oid) {
        Some((_, name)) => (*name).to_owned(),
        None => dotted(oid),
    }
}

/// `55 04 03` is 2.5.4.3.
fn dotted(oid: &[u8]) -> String {
    let mut numbers = Vec::new();
    let mut number = 0_u64;
    for byte in oid {
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            numbers.push(std::mem::take(&mut number));
        }
    }
    if let Some(first) = numbers.first().copied() {
        // The first two are one: forty times the one, and the other.
        let root = (first / 40).min(2);
        numbers.splice(..1, [root, first - 40 * root]);
    }
    numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
}

fn text(tag: u8, value: &[u8]) -> String {
    match tag {
        BMP => {
            let units =
                value.chunks_exact(2).map(|pair| pair.iter().fold(0, |unit, byte| unit << 8 | u16::from(*byte)));
            char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        LATIN => value.iter().copied().map(char::from).collect(),
        _ => String::from_utf8_lossy(value).into_owned(),
    }
}

/// What means something in such a text has a backslash in front (RFC 2253, 2.4).
fn escaped(text: &str) -> String {
    let last = text.chars().count().saturating_sub(1);
    let mut escaped = String::with_capacity(text.len());
    for (at, c) in text.chars().enumerate() {
        let is_edge = c == ' ' && (at == 0 || at == last) || c == '#' && at == 0;
        if is_edge || ",+\"\\<>;".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Fourteen digits: `21200805002821`. None if nothing is known.
#[derive(Debug, Default)]
struct Time(String);

impl Time {
    fn of((tag, value): (u8, &[u8])) -> Option<Self> {
        let text = std::str::from_utf8(value).ok()?.strip_suffix('Z')?;
        // A year of two digits is one of 1950 to 2049.
        let digits = match (tag, text.get(..2)?) {
            (UTC_TIME, year) => format!("{}{text}", if year < "50" { "20" } else { "19" }),
            _ => text.to_owned(),
        };
        (digits.len() == 14 && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(Self(digits))
    }

    fn part(&self, from: usize, to: usize) -> &str {
        self.0.get(from..to).unwrap_or_default()
    }

    /// `Aug  5 00:28:21 2120 GMT`
    fn openssl(&self) -> String {
        let number = |part: &str| part.parse::<usize>().unwrap_or_default();
        let month = number(self.part(4, 6)).checked_sub(1).and_then(|month| MONTHS.get(month));
        let Some(month) = month else { return String::new() };
        let (day, year) = (number(self.part(6, 8)), self.part(0, 4));
        format!("{month} {day:2} {}:{}:{} {year} GMT", self.part(8, 10), self.part(10, 12), self.part(12, 14))
    }

    /// `2120-08-05T00:28:21Z`
    fn iso(&self) -> String {
        let date = format!("{}-{}-{}", self.part(0, 4), self.part(4, 6), self.part(6, 8));
        format!("{date}T{}:{}:{}Z", self.part(8, 10), self.part(10, 12), self.part(12, 14))
    }
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, behind) = rest.split_at_checked(64).unwrap_or((rest, ""));
        pem.push_str(line);
        pem.push('\n');
        rest = behind;
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}

/// What a load balancer escapes in a certificate.
const NOT_SAFE: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'+').remove(b'=').remove(b'/');

const VERSION: u8 = 0xa0;
const INTEGER: u8 = 2;
const UTC_TIME: u8 = 23;
const LATIN: u8 = 20;
const BMP: u8 = 30;

/// Attributes of names, with the short names of OpenSSL.
const ATTRIBUTES: &[(&[u8], &str)] = &[
    (&[0x55, 4, 3], "CN"),
    (&[0x55, 4, 4], "SN"),
    (&[0x55, 4, 5], "serialNumber"),
    (&[0x55, 4, 6], "C"),
    (&[0x55, 4, 7], "L"),
    (&[0x55, 4, 8], "ST"),
    (&[0x55, 4, 9], "street"),
    (&[0x55, 4, 10], "O"),
    (&[0x55, 4, 11], "OU"),
    (&[0x55, 4, 12], "title"),
    (&[0x55, 4, 42], "GN"),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1], "emailAddress"),
    (&[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1], "UID"),
    (&[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25], "DC"),
];

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair, SerialNumber, date_time_ymd};

    use super::*;

    fn made(change: impl FnOnce(&mut CertificateParams)) -> Read {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        change(&mut params);
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        Read::of(certificate.der()).unwrap()
    }

    #[test]
    fn a_certificate_is_told_in_the_words_of_openssl() {
        let read = made(|params| {
            let name = &mut params.distinguished_name;
            *name = rcgen::DistinguishedName::new();
            name.push(DnType::CountryName, "US");
            name.push(DnType::OrganizationName, "Cups, \"Sons\" + Co");
            name.push(DnType::CustomDnType(vec![1, 2, 840, 113_549, 1, 9, 1]), "a@example.com");
            name.push(DnType::CustomDnType(vec![2, 5, 4, 97]), " x");
            name.push(DnType::CommonName, "J\u{f6}");
            params.serial_number = Some(SerialNumber::from(7_u64));
            (params.not_before, params.not_after) = (date_time_ymd(2020, 8, 29), date_time_ymd(2120, 1, 5));
        });
        let subject = r#"C=US,O=Cups\, \"Sons\" \+ Co,emailAddress=a@example.com,2.5.4.97=\ x,CN=Jö"#;
        assert_eq!((read.subject.join(",").as_str(), &read.issuer), (subject, &read.subject));
        let reverse = r#"CN=Jö,2.5.4.97=\ x,emailAddress=a@example.com,O=Cups\, \"Sons\" \+ Co,C=US"#;
        assert_eq!(reversed(&read.subject), reverse);
        assert_eq!((serial(&read.serial), hexadecimal(&read.serial)), ("7".to_owned(), "07".to_owned()));
        assert_eq!(read.not_before.openssl(), "Aug 29 00:00:00 2020 GMT");
        assert_eq!(read.not_after.openssl(), "Jan  5 00:00:00 2120 GMT");
        assert_eq!(read.not_after.iso(), "2120-01-05T00:00:00Z");
        let long = made(|params| params.serial_number = Some(SerialNumber::from_slice(&[0xa1; 16])));
        assert_eq!((serial(&long.serial), hexadecimal(&long.serial)), (["a1"; 16].join(":"), "A1".repeat(16)));
    }

    #[test]
    fn what_is_no_certificate_is_read_as_nothing() {
        let whole = {
            let params = CertificateParams::new(Vec::new()).unwrap();
            params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
        };
        for length in 0..whole.len() {
            assert!(Read::of(&whole[..length]).is_none(), "{length}");
        }
        for at in 0..whole.len() {
            let mut broken = whole.clone();
            broken[at] ^= 0xff;
            let _ = client(&broken);
        }
        assert!(Read::of(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0]).is_none());
    }

    #[test]
    fn pem_has_lines_of_64_characters() {
        let text = pem(&[0; 50]);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!((lines.len(), lines[1].len(), lines[2].len()), (4, 64, 4));
    }
}
