/// In nanoseconds, like all times and durations.
package let millisecond: Int64 = 1_000_000
package let second: Int64 = 1_000 * millisecond
package let minute: Int64 = 60 * second

/// How long a test waits for something that must happen: other tests may keep all cores busy for minutes.
package let longEnough: Duration = .seconds(900)
