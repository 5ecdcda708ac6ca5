//! What events and headers say of a client's certificate, read from its DER.
//!
//! The handshake has verified it, but reads less of it.

use pem::{EncodeConfig, LineEnding, Pem};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::asn1::{Any, BmpString};
use x509_cert::der::oid::db::{DB, rfc3280, rfc4519};
use x509_cert::der::{Decode, Tag, Tagged};
use x509_cert::name::{Name, RelativeDistinguishedName};
use x509_cert::time::Time;
use x509_cert::{Certificate, TbsCertificate};

use crate::ClientCertificate;
use crate::request::secured::Client;
use crate::stamp::openssl_time;

/// A certificate as AWS tells functions of it: API Gateway in the context, a load balancer in headers.
///
/// # Errors
///
/// If it is not as X.509 (RFC 5280) wants it: nobody could say whose it is.
pub(super) fn client(der: &[u8]) -> Result<Client, x509_cert::der::Error> {
    let (certificate, pem) = (Certificate::from_der(der)?, pem(der));
    let read = certificate.tbs_certificate();
    let number = read.serial_number().as_bytes();
    let leaf = utf8_percent_encode(&pem, NOT_SAFE).to_string();
    let headers = [
        ("x-amzn-mtls-clientcert-serial-number", hexadecimal(number)),
        ("x-amzn-mtls-clientcert-issuer", reversed(read.issuer())),
        ("x-amzn-mtls-clientcert-subject", reversed(read.subject())),
        ("x-amzn-mtls-clientcert-validity", validity(read)),
        ("x-amzn-mtls-clientcert-leaf", leaf),
    ];
    let (subject, issuer) = (parts(read.subject()).join(","), parts(read.issuer()).join(","));
    let certificate = ClientCertificate::new(pem, subject, issuer)
        .serial_number(serial(number))
        .validity(openssl(&read.validity().not_before), openssl(&read.validity().not_after));
    Ok(Client { certificate, headers })
}

/// `1`, or `0a:1b:…` of what is longer than eight bytes, as OpenSSL shows them.
fn serial(bytes: &[u8]) -> String {
    let bytes = unsigned(bytes);
    if bytes.len() <= 8 {
        return bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte)).to_string();
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

/// `03A5B1`
fn hexadecimal(bytes: &[u8]) -> String {
    unsigned(bytes).iter().map(|byte| format!("{byte:02X}")).collect()
}

/// Without the zero that only says that the number is not negative.
fn unsigned(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(&[0]).filter(|rest| !rest.is_empty()).unwrap_or(bytes)
}

/// A name as RFC 2253 has it, the last part first: `CN=ann,O=Example,C=US`. Other letters than those of ASCII are escaped, `\c3\b6` for `ö`, for many read only ASCII in headers.
fn reversed(name: &Name) -> String {
    let name = parts(name).into_iter().rev().collect::<Vec<_>>().join(",");
    let ascii = |byte: u8| if byte.is_ascii() { char::from(byte).to_string() } else { format!("\\{byte:02x}") };
    name.bytes().map(ascii).collect()
}

/// The parts of a name in their order, which API Gateway keeps.
fn parts(name: &Name) -> Vec<String> {
    let part = |part: &RelativeDistinguishedName| part.iter().map(attribute).collect::<Vec<_>>().join("+");
    name.iter_rdn().map(part).collect()
}

/// `CN=ann`, with the short name of OpenSSL, else with the number. The library writes all names in capitals.
fn attribute(pair: &AttributeTypeAndValue) -> String {
    let name = match DB.find_names_for_oid(pair.oid).min_by_key(|name| name.len()) {
        Some(_) if pair.oid == rfc3280::EMAIL_ADDRESS => "emailAddress".to_owned(),
        Some(short) if short.len() <= 3 => short.to_ascii_uppercase(),
        Some(name) => name.to_owned(),
        None => pair.oid.to_string(),
    };
    // The library escapes (RFC 4514) only texts whose names it knows, and shows some kinds of strings as bytes. So it
    // gets each text as the UTF-8 of a name that it knows.
    let known = Any::new(Tag::Utf8String, text(&pair.value).into_bytes());
    let known = known.map(|value| AttributeTypeAndValue { oid: rfc4519::CN, value }.to_string());
    format!("{name}={}", known.ok().as_deref().and_then(|known| known.strip_prefix("CN=")).unwrap_or_default())
}

fn text(value: &Any) -> String {
    match value.tag() {
        Tag::BmpString => value.decode_as::<BmpString>().map(|text| text.to_string()).unwrap_or_default(),
        // Latin-1 in practice. The library reads only ASCII of it.
        Tag::TeletexString => value.value().iter().copied().map(char::from).collect(),
        _ => String::from_utf8_lossy(value.value()).into_owned(),
    }
}

/// `NotBefore=2020-08-05T00:28:21Z;NotAfter=2120-08-05T00:28:21Z`
fn validity(read: &TbsCertificate) -> String {
    let validity = read.validity();
    format!("NotBefore={};NotAfter={}", validity.not_before, validity.not_after)
}

fn openssl(time: &Time) -> String {
    openssl_time(time.to_unix_duration().as_secs())
}

fn pem(der: &[u8]) -> String {
    pem::encode_config(&Pem::new("CERTIFICATE", der), EncodeConfig::new().set_line_ending(LineEnding::LF))
}

/// What a load balancer escapes in a certificate.
const NOT_SAFE: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'+').remove(b'=').remove(b'/');

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use rcgen::{CertificateParams, DnType, DnValue, KeyPair, SerialNumber, date_time_ymd};

    use super::*;

    fn made(change: impl FnOnce(&mut CertificateParams)) -> TbsCertificate {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        change(&mut params);
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        Certificate::from_der(certificate.der()).unwrap().tbs_certificate().clone()
    }

    fn number(read: &TbsCertificate) -> &[u8] {
        read.serial_number().as_bytes()
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
        assert_eq!((parts(read.subject()).join(",").as_str(), read.issuer()), (subject, read.subject()));
        let reverse = r#"CN=J\c3\b6,2.5.4.97=\ x,emailAddress=a@example.com,O=Cups\, \"Sons\" \+ Co,C=US"#;
        assert_eq!(reversed(read.subject()), reverse);
        assert_eq!((serial(number(&read)), hexadecimal(number(&read))), ("7".to_owned(), "07".to_owned()));
        assert_eq!(openssl(&read.validity().not_before), "Aug 29 00:00:00 2020 GMT");
        assert_eq!(openssl(&read.validity().not_after), "Jan  5 00:00:00 2120 GMT");
        assert_eq!(validity(&read), "NotBefore=2020-08-29T00:00:00Z;NotAfter=2120-01-05T00:00:00Z");
        let long = made(|params| params.serial_number = Some(SerialNumber::from_slice(&[0xa1; 16])));
        assert_eq!((serial(number(&long)), hexadecimal(number(&long))), (["a1"; 16].join(":"), "A1".repeat(16)));
    }

    #[test]
    fn names_are_those_of_openssl() {
        let known = "CN=a,SN=b,serialNumber=c,C=US,L=d,ST=e,street=f,O=g,OU=h,title=i,GN=j,emailAddress=k,UID=l,DC=m";
        let name = Name::from_str(known).unwrap();
        assert_eq!((reversed(&name).as_str(), parts(&name).len()), (known, 14));
        let two = parts(&Name::from_str("CN=ann+OU=cups,C=US").unwrap());
        assert_eq!(two, ["C=US", "CN=ann+OU=cups"]);
    }

    #[test]
    fn text_of_every_kind_is_read() {
        let read = made(|params| {
            let name = &mut params.distinguished_name;
            *name = rcgen::DistinguishedName::new();
            name.push(DnType::LocalityName, DnValue::BmpString("J\u{f6}, \u{2615}".try_into().unwrap()));
            name.push(DnType::OrganizationName, DnValue::TeletexString("a+b".try_into().unwrap()));
            name.push(DnType::CommonName, DnValue::Ia5String("#a\n".try_into().unwrap()));
        });
        assert_eq!(parts(read.subject()), ["L=J\u{f6}\\, \u{2615}", "O=a\\+b", "CN=\\#a\\0a"]);
        assert_eq!(text(&Any::new(Tag::TeletexString, [0xf6]).unwrap()), "\u{f6}");
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        let whole = {
            let params = CertificateParams::new(Vec::new()).unwrap();
            params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
        };
        for length in 0..whole.len() {
            assert!(client(&whole[..length]).is_err(), "{length}");
        }
        for at in 0..whole.len() {
            let mut broken = whole.clone();
            broken[at] ^= 0xff;
            let _ = client(&broken);
        }
        assert!(client(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0]).is_err());
        assert!(client(&whole).is_ok());
    }

    #[test]
    fn pem_has_lines_of_64_characters() {
        let text = pem(&[0; 50]);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!((lines.len(), lines[1].len(), lines[2].len()), (4, 64, 4));
    }
}
