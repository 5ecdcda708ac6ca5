//! The volatile members of an event: ids and times. Both come from functions that tests can replace.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;

#[derive(Clone)]
pub(crate) struct Stamper {
    clock: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    entropy: Arc<dyn Fn() -> u64 + Send + Sync>,
}

impl Stamper {
    pub(crate) fn set_clock(&mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) {
        self.clock = Arc::new(clock);
    }

    pub(crate) fn set_entropy(&mut self, entropy: impl Fn() -> u64 + Send + Sync + 'static) {
        self.entropy = Arc::new(entropy);
    }

    /// Seconds since 1970.
    pub(crate) fn epoch_seconds(&self) -> u64 {
        (self.clock)().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
    }

    pub(crate) fn stamp(&self) -> Stamp {
        let since_epoch = (self.clock)().duration_since(UNIX_EPOCH).unwrap_or_default();
        Stamp {
            micros: since_epoch.as_micros(),
            uuid: uuid((self.entropy)(), (self.entropy)()),
            // Extended request ids are 11 bytes of URL-safe base64, with the padding.
            extended_id: self.short_id(),
            connection_id: self.short_id(),
            trace_id: format!(
                "1-{:08x}-{:016x}{:08x}",
                since_epoch.as_secs(),
                (self.entropy)(),
                (self.entropy)() >> 32
            ),
        }
    }

    fn short_id(&self) -> String {
        let (a, b) = ((self.entropy)().to_be_bytes(), (self.entropy)().to_be_bytes());
        URL_SAFE.encode(a.iter().chain(b.iter()).copied().take(11).collect::<Vec<_>>())
    }
}

impl Default for Stamper {
    fn default() -> Self {
        // Every `RandomState` is keyed anew: random enough for ids, without a dependency.
        Self { clock: Arc::new(SystemTime::now), entropy: Arc::new(|| RandomState::new().hash_one(0_u8)) }
    }
}

impl fmt::Debug for Stamper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stamper")
    }
}

/// The ids and the time of one request.
#[derive(Clone, Debug)]
pub(crate) struct Stamp {
    micros: u128,
    pub(crate) uuid: String,
    pub(crate) extended_id: String,
    /// Of a connection that begins with the request.
    pub(crate) connection_id: String,
    trace_id: String,
}

impl Stamp {
    pub(crate) fn epoch_millis(&self) -> u64 {
        u64::try_from(self.micros / 1000).unwrap_or(u64::MAX)
    }

    pub(crate) fn epoch_micros(&self) -> String {
        self.micros.to_string()
    }

    /// Seconds since 1970.
    pub(crate) fn epoch_seconds(&self) -> u64 {
        u64::try_from(self.micros / 1_000_000).unwrap_or(u64::MAX)
    }

    /// Days since 1970.
    pub(crate) fn day(&self) -> u64 {
        self.epoch_seconds() / 86_400
    }

    /// The time in Common Log Format, always in UTC: `14/Nov/2023:22:13:20 +0000`.
    pub(crate) fn common_log_time(&self) -> String {
        let seconds = self.epoch_seconds();
        let (year, month, day) = civil(seconds / 86_400);
        format!("{day:02}/{}/{year:04}:{} +0000", month_name(month), clock(seconds))
    }

    /// `X-Amzn-Trace-Id`; `sent` is the one of the request.
    pub(crate) fn trace(&self, sent: Option<&str>, load_balancer: bool) -> String {
        match sent {
            None => format!("Root={}", self.trace_id),
            Some(sent) if load_balancer => format!("Self={};{sent}", self.trace_id),
            Some(sent) => sent.to_owned(),
        }
    }
}

pub(crate) fn uuid(a: u64, b: u64) -> String {
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        a >> 32,
        a >> 16 & 0xffff,
        a & 0xfff,
        0x8000 | (b >> 48 & 0x3fff),
        b & 0xffff_ffff_ffff
    )
}

/// A time as Java's `Date` writes it: `Tue Apr 04 18:39:39 UTC 2023`.
pub(crate) fn java_date(seconds: u64) -> String {
    let days = seconds / 86_400;
    let (year, month, day) = civil(days);
    format!("{} {} {day:02} {} UTC {year:04}", weekday_name(days), month_name(month), clock(seconds))
}

/// A time as headers of HTTP have it (RFC 9110, 5.6.7): `Thu, 09 Mar 2023 15:08:01 GMT`.
pub(crate) fn http_date(seconds: u64) -> String {
    let days = seconds / 86_400;
    let (year, month, day) = civil(days);
    format!("{}, {day:02} {} {year:04} {} GMT", weekday_name(days), month_name(month), clock(seconds))
}

/// A time as OpenSSL writes it: `Aug  5 00:28:21 2120 GMT`.
#[cfg(feature = "tls")]
pub(crate) fn openssl_time(seconds: u64) -> String {
    let (year, month, day) = civil(seconds / 86_400);
    format!("{} {day:2} {} {year} GMT", month_name(month), clock(seconds))
}

/// A time in milliseconds as ISO 8601 writes it: `2020-11-15T12:23:14.726Z`.
pub(crate) fn iso_time(millis: u64) -> String {
    let seconds = millis / 1000;
    let (year, month, day) = civil(seconds / 86_400);
    format!("{year:04}-{month:02}-{day:02}T{}.{:03}Z", clock(seconds), millis % 1000)
}

/// A time as signatures have it, in the basic format of ISO 8601: `20150830T123600Z`.
#[cfg(feature = "authorizers")]
pub(crate) fn basic_time(seconds: u64) -> String {
    let (year, month, day) = civil(seconds / 86_400);
    format!("{year:04}{month:02}{day:02}T{}Z", clock(seconds).replace(':', ""))
}

/// Hour, minute and second of a time.
fn clock(seconds: u64) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60)
}

/// Months since the year 0, of a number of days since 1970.
pub(crate) fn month(days: u64) -> u64 {
    let (year, month, _) = civil(days);
    12 * year + month
}

/// Year, month (from 1) and day of a number of days since 1970: the proleptic Gregorian calendar counted in eras of 400 years that begin in March.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = (march_month + 2) % 12 + 1;
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

/// The name of a day, of days since 1970. The first one was a Thursday.
fn weekday_name(days: u64) -> &'static str {
    let name = usize::try_from(days % 7).ok().and_then(|day| WEEKDAYS.get(day)).copied();
    debug_assert!(name.is_some(), "day {days}");
    name.unwrap_or_default()
}

/// The name of a month of [`civil`].
fn month_name(month: u64) -> &'static str {
    let name = usize::try_from(month).ok().and_then(|month| MONTHS.get(month.checked_sub(1)?)).copied();
    debug_assert!(name.is_some(), "month {month}");
    name.unwrap_or_default()
}

const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_read_as_aws_writes_them() {
        for (seconds, expected) in [
            (0, "01/Jan/1970:00:00:00 +0000"),
            (951_782_399, "28/Feb/2000:23:59:59 +0000"),
            (951_782_400, "29/Feb/2000:00:00:00 +0000"),
            (1_700_000_000, "14/Nov/2023:22:13:20 +0000"),
            (1_744_669_005, "14/Apr/2025:22:16:45 +0000"),
            (4_107_542_400, "01/Mar/2100:00:00:00 +0000"),
        ] {
            let mut stamper = Stamper::default();
            stamper.set_clock(move || UNIX_EPOCH + Duration::from_secs(seconds));
            assert_eq!(stamper.stamp().common_log_time(), expected);
        }
    }

    #[test]
    fn javas_dates_have_the_day_of_the_week() {
        for (seconds, expected) in [
            (0, "Thu Jan 01 00:00:00 UTC 1970"),
            (951_782_400, "Tue Feb 29 00:00:00 UTC 2000"),
            (1_680_633_579, "Tue Apr 04 18:39:39 UTC 2023"),
        ] {
            assert_eq!(java_date(seconds), expected);
        }
    }

    #[test]
    fn iso_times_have_milliseconds() {
        assert_eq!(iso_time(1_605_442_994_726), "2020-11-15T12:23:14.726Z");
        assert_eq!(iso_time(951_782_400_005), "2000-02-29T00:00:00.005Z");
    }

    #[test]
    fn ids_have_the_shape_of_aws_ids_and_differ() {
        let stamper = Stamper::default();
        let (a, b) = (stamper.stamp(), stamper.stamp());
        assert_ne!(a.uuid, b.uuid);
        assert_eq!(a.uuid.len(), 36);
        assert_eq!(a.extended_id.len(), 16);
        assert!(a.extended_id.ends_with('='));
        assert_eq!(a.trace_id.len(), "1-67fd894d-3c512d985fc0f8aa38cbeaac".len());
    }
}
