/// What a call wrote into its `why`, up to the NUL.
func said(_ why: [CChar]) -> String {
  String(decoding: why.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
