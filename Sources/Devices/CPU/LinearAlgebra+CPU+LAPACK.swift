import CBLAS

/// The element types that LAPACK computes with, and its functions for them, by LAPACK's names.
///
/// These are the forms that take their workspace: the others look for NaN in every argument first, as a setting of the whole process says.
/// All matrices lie column by column, and the first argument, the order, says so.
protocol LAPACKElement: BLASElement {
  typealias Pointer = UnsafeMutablePointer<Self>
  typealias Source = UnsafePointer<Self>
  typealias Integers = UnsafeMutablePointer<Int32>

  typealias Potrf = (Int32, CChar, Int32, Pointer?, Int32) -> Int32
  typealias Getrf = (Int32, Int32, Int32, Pointer?, Int32, Integers?) -> Int32
  typealias Getrs = (Int32, CChar, Int32, Int32, Source?, Int32, UnsafePointer<Int32>?, Pointer?, Int32) -> Int32
  typealias Trsm = (
    CBLAS_ORDER, CBLAS_SIDE, CBLAS_UPLO, CBLAS_TRANSPOSE, CBLAS_DIAG, blasint, blasint, Self, Source?, blasint, Pointer?, blasint
  ) -> Void
  typealias Sytrf = (Int32, CChar, Int32, Pointer?, Int32, Integers?, Pointer?, Int32) -> Int32
  typealias Sytrs = (Int32, CChar, Int32, Int32, Source?, Int32, UnsafePointer<Int32>?, Pointer?, Int32) -> Int32
  typealias Geqrf = (Int32, Int32, Int32, Pointer?, Int32, Pointer?, Pointer?, Int32) -> Int32
  typealias Orgqr = (Int32, Int32, Int32, Int32, Pointer?, Int32, Source?, Pointer?, Int32) -> Int32
  typealias Ormqr = (Int32, CChar, CChar, Int32, Int32, Int32, Source?, Int32, Source?, Pointer?, Int32, Pointer?, Int32) -> Int32
  typealias Syevd = (Int32, CChar, CChar, Int32, Pointer?, Int32, Pointer?, Pointer?, Int32, Integers?, Int32) -> Int32
  typealias Gesdd = (
    Int32, CChar, Int32, Int32, Pointer?, Int32, Pointer?, Pointer?, Int32, Pointer?, Int32, Pointer?, Int32, Integers?
  ) -> Int32
  typealias Gels = (Int32, CChar, Int32, Int32, Int32, Pointer?, Int32, Pointer?, Int32, Pointer?, Int32) -> Int32
  typealias Gelsy = (Int32, Int32, Int32, Int32, Pointer?, Int32, Pointer?, Int32, Integers?, Self, Integers?, Pointer?, Int32) ->
    Int32
  typealias Gelsd = (
    Int32, Int32, Int32, Int32, Pointer?, Int32, Pointer?, Int32, Pointer?, Self, Integers?, Pointer?, Int32, Integers?
  ) -> Int32
  typealias Gelss = (Int32, Int32, Int32, Int32, Pointer?, Int32, Pointer?, Int32, Pointer?, Self, Integers?, Pointer?, Int32) ->
    Int32

  static var potrf: Potrf { get }
  static var getrf: Getrf { get }
  static var getrs: Getrs { get }
  static var trsm: Trsm { get }
  static var sytrf: Sytrf { get }
  static var sytrs: Sytrs { get }
  static var geqrf: Geqrf { get }
  static var orgqr: Orgqr { get }
  static var ormqr: Ormqr { get }
  static var syevd: Syevd { get }
  static var gesdd: Gesdd { get }
  static var gels: Gels { get }
  static var gelsy: Gelsy { get }
  static var gelsd: Gelsd { get }
  static var gelss: Gelss { get }
}

extension Float: LAPACKElement {
  static var potrf: Potrf { LAPACKE_spotrf_work }
  static var getrf: Getrf { LAPACKE_sgetrf_work }
  static var getrs: Getrs { LAPACKE_sgetrs_work }
  static var trsm: Trsm { cblas_strsm }
  static var sytrf: Sytrf { LAPACKE_ssytrf_work }
  static var sytrs: Sytrs { LAPACKE_ssytrs_work }
  static var geqrf: Geqrf { LAPACKE_sgeqrf_work }
  static var orgqr: Orgqr { LAPACKE_sorgqr_work }
  static var ormqr: Ormqr { LAPACKE_sormqr_work }
  static var syevd: Syevd { LAPACKE_ssyevd_work }
  static var gesdd: Gesdd { LAPACKE_sgesdd_work }
  static var gels: Gels { LAPACKE_sgels_work }
  static var gelsy: Gelsy { LAPACKE_sgelsy_work }
  static var gelsd: Gelsd { LAPACKE_sgelsd_work }
  static var gelss: Gelss { LAPACKE_sgelss_work }
}

extension Double: LAPACKElement {
  static var potrf: Potrf { LAPACKE_dpotrf_work }
  static var getrf: Getrf { LAPACKE_dgetrf_work }
  static var getrs: Getrs { LAPACKE_dgetrs_work }
  static var trsm: Trsm { cblas_dtrsm }
  static var sytrf: Sytrf { LAPACKE_dsytrf_work }
  static var sytrs: Sytrs { LAPACKE_dsytrs_work }
  static var geqrf: Geqrf { LAPACKE_dgeqrf_work }
  static var orgqr: Orgqr { LAPACKE_dorgqr_work }
  static var ormqr: Ormqr { LAPACKE_dormqr_work }
  static var syevd: Syevd { LAPACKE_dsyevd_work }
  static var gesdd: Gesdd { LAPACKE_dgesdd_work }
  static var gels: Gels { LAPACKE_dgels_work }
  static var gelsy: Gelsy { LAPACKE_dgelsy_work }
  static var gelsd: Gelsd { LAPACKE_dgelsd_work }
  static var gelss: Gelss { LAPACKE_dgelss_work }
}
