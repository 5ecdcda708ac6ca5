//! How many requests a key has in a period of the calendar.

use crate::refusal::{Refusal, Refused};
use crate::stamp::month;

/// The period of a quota, by the calendar in UTC.
///
/// ```
/// use sippycup_gateway::{QuotaPeriod, UsagePlan};
///
/// let plan = UsagePlan::new().key("a-key-of-twenty-letters").quota(1000, QuotaPeriod::Month);
/// # let _ = plan;
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum QuotaPeriod {
    /// From midnight to midnight.
    Day,
    /// From the first of a month.
    Month,
    /// From a Monday: AWS does not say which day begins a week.
    Week,
}

impl QuotaPeriod {
    /// Which one it is on a day, counted from 1970.
    fn number(self, day: u64) -> u64 {
        match self {
            Self::Day => day,
            Self::Month => month(day),
            // The first day of 1970 was a Thursday: its week began three days before.
            Self::Week => (day + 3) / 7,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Week => "week",
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Quota {
    pub(super) limit: Option<(u64, QuotaPeriod)>,
    pub(super) offset: u64,
}

/// What was used of a quota.
#[derive(Debug, Default)]
pub(super) struct Spent {
    period: u64,
    count: u64,
}

impl Quota {
    /// Whether one more request of a key fits. `initial` is the first period of the plan.
    pub(super) fn admit(self, spent: &mut Spent, initial: &mut Option<u64>, day: u64) -> Result<(), Refused> {
        let Some((limit, period)) = self.limit else { return Ok(()) };
        let now = period.number(day);
        let initial = *initial.get_or_insert(now);
        if spent.period != now {
            *spent = Spent { period: now, count: 0 };
        }
        let (limit, name) = (limit.saturating_sub(if now == initial { self.offset } else { 0 }), period.name());
        if spent.count < limit {
            return Ok(());
        }
        let reason = format!("the API key has used its quota of {limit} requests in this {name}");
        Err(Refused::new(Refusal::QuotaExceeded, reason))
    }
}

impl Spent {
    pub(super) fn add(&mut self) {
        self.count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_begin_where_the_calendar_says() {
        // 2000-02-28 was a Monday, day 11,015.
        for (period, before, first) in [
            (QuotaPeriod::Day, 11_014, 11_015),
            (QuotaPeriod::Week, 11_014, 11_015),
            // 2000 had a 29th of February.
            (QuotaPeriod::Month, 11_016, 11_017),
            (QuotaPeriod::Month, 10_956, 10_957),
            (QuotaPeriod::Week, 3, 4),
        ] {
            assert_eq!(period.number(before) + 1, period.number(first), "{period:?} {first}");
        }
        assert_eq!(QuotaPeriod::Week.number(11_015), QuotaPeriod::Week.number(11_021));
        assert_eq!(QuotaPeriod::Month.number(11_017), QuotaPeriod::Month.number(11_047));
    }
}
