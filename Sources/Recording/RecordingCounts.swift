/// What the scrape says about the recording.
package struct RecordingCounts: Sendable {
    package var bytesWritten = 0
    /// Groups written, and the requests in them.
    package var groups = 0
    package var requests = 0
    /// Requests that were taken but not recorded.
    package var requestsDropped = 0
    /// Times that files were brought to disk.
    package var syncs = 0
    /// Whether recording has stopped for a fault.
    package var isFailed = false
    /// Files of the directory and their bytes.
    package var files = 0
    package var directoryBytes = 0
}
