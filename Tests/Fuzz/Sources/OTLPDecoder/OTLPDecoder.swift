internal import CFuzzer
import FuzzChecks
import FuzzDriver

@c(LLVMFuzzerTestOneInput)
func check(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    unsafe Fuzzing.check(bytes, count) { try DecoderCheck.check($0) }
}

/// Half of the inputs are mutated as messages, half as bytes.
@c(LLVMFuzzerCustomMutator)
func mutate(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ limit: Int, _ seed: UInt32) -> Int {
    guard seed.isMultiple(of: 2) else { return unsafe LLVMFuzzerMutate(bytes, count, limit) }
    var mutator = WireMutator(seed: seed)
    let mutated = unsafe mutator.mutated(Array(UnsafeBufferPointer(start: bytes, count: count))).prefix(limit)
    unsafe bytes.update(from: Array(mutated), count: mutated.count)
    return mutated.count
}
