import FuzzChecks
import FuzzDriver

@c(LLVMFuzzerTestOneInput)
func check(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    unsafe Fuzzing.check(bytes, count) { try TraceCheck.check($0) }
}
