//! `Fn::Cidr`: an address block in pieces.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// `[10.0.0.0/16, 2, 8]` is `10.0.0.0/24` and `10.0.1.0/24`: a block, how many of it, and how many bits of an address each of them has. Without
/// the bits as many as leave room for so many.
pub(crate) fn blocks(arguments: &[&str]) -> Option<Vec<String>> {
    let (block, count, bits) = match arguments {
        [block, count] => (*block, *count, None),
        [block, count, bits] => (*block, *count, Some(bits.trim().parse::<u32>().ok()?)),
        _ => return None,
    };
    let (address, length) = block.split_once('/')?;
    let length: u32 = length.parse().ok()?;
    let (start, width): (u128, u32) = match address.parse().ok()? {
        IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
        IpAddr::V6(address) => (u128::from(address), 128),
    };
    let count: u128 = count.trim().parse().ok().filter(|count| (1..=MOST).contains(count))?;
    let free = width.checked_sub(length)?;
    let bits = bits.map_or_else(|| free.checked_sub(count.next_power_of_two().trailing_zeros()), Some)?;
    let step = 1_u128.checked_shl(bits)?;
    // All of them must be in the block.
    if bits > free || (free < 128 && step.checked_mul(count)? > 1_u128.checked_shl(free)?) {
        return None;
    }
    (0..count)
        .map(|at| {
            let start = start.checked_add(step.checked_mul(at)?)?;
            let address = match width {
                32 => IpAddr::V4(Ipv4Addr::from(u32::try_from(start).ok()?)),
                _ => IpAddr::V6(Ipv6Addr::from(start)),
            };
            Some(format!("{address}/{}", width - bits))
        })
        .collect()
}

/// Of CloudFormation.
const MOST: u128 = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_in_pieces_of_so_many_bits_and_never_more_than_it_is() {
        for (arguments, made) in [
            (&["10.0.0.0/16", "2", "8"][..], Some("10.0.0.0/24 10.0.1.0/24")),
            (
                &["192.168.0.0/24", "6", "5"],
                Some(
                    "192.168.0.0/27 192.168.0.32/27 192.168.0.64/27 192.168.0.96/27 192.168.0.128/27 192.168.0.160/27",
                ),
            ),
            (&["10.0.0.0/16", "3"], Some("10.0.0.0/18 10.0.64.0/18 10.0.128.0/18")),
            (&["2001:db8::/56", "2", "64"], Some("2001:db8::/64 2001:db8:0:1::/64")),
            (&["10.0.0.0/24", "2", "8"], None),
            (&["10.0.0.0/24", "0", "8"], None),
            (&["10.0.0.0/24", "257", "0"], None),
            (&["10.0.0.0/33", "1", "1"], None),
            (&["10.0.0.0", "1", "1"], None),
            (&["::/0", "1", "128"], None),
            (&["x/8", "1", "1"], None),
            (&["10.0.0.0/24"], None),
        ] {
            assert_eq!(blocks(arguments).map(|blocks| blocks.join(" ")).as_deref(), made, "{arguments:?}");
        }
    }
}
