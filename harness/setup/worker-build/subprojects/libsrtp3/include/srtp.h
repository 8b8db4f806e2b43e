// libsrtp 3's interface, as far as mediasoup's worker uses it, on the libsrtp 2 of Debian.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#define srtp_policy_t srtp2_policy_t
#include <srtp2/srtp.h>
#undef srtp_policy_t
#define srtp_err_status_buffer_small static_cast<srtp_err_status_t>(28)
#define srtp_err_status_cryptex_err static_cast<srtp_err_status_t>(29)
struct srtp3_policy { srtp2_policy_t p{}; unsigned char key[128]{}; srtp_profile_t profile{}; };
using srtp_policy_t = srtp3_policy*;
inline srtp_err_status_t srtp_policy_create(srtp_policy_t* policy) { *policy = new (std::nothrow) srtp3_policy(); return *policy ? srtp_err_status_ok : srtp_err_status_alloc_fail; }
inline void srtp_policy_destroy(srtp_policy_t policy) { delete policy; }
inline srtp_err_status_t srtp_policy_set_ssrc(srtp_policy_t policy, srtp_ssrc_t ssrc) { policy->p.ssrc = ssrc; return srtp_err_status_ok; }
inline srtp_err_status_t srtp_policy_set_profile(srtp_policy_t policy, srtp_profile_t profile)
{
	auto err = srtp_crypto_policy_set_from_profile_for_rtp(&policy->p.rtp, profile);
	if (err) return err;
	return srtp_crypto_policy_set_from_profile_for_rtcp(&policy->p.rtcp, profile);
}
inline srtp_err_status_t srtp_policy_add_key(srtp_policy_t policy, const uint8_t* key, size_t keyLen, const uint8_t* salt, size_t saltLen, const uint8_t*, size_t)
{
	if (keyLen + saltLen > sizeof(policy->key)) return srtp_err_status_bad_param;
	std::memcpy(policy->key, key, keyLen); std::memcpy(policy->key + keyLen, salt, saltLen); policy->p.key = policy->key; return srtp_err_status_ok;
}
inline srtp_err_status_t srtp_policy_set_allow_repeat_tx(srtp_policy_t policy, bool allow) { policy->p.allow_repeat_tx = allow; return srtp_err_status_ok; }
inline srtp_err_status_t srtp_policy_set_window_size(srtp_policy_t policy, size_t size) { policy->p.window_size = size; return srtp_err_status_ok; }
inline srtp_err_status_t srtp_create(srtp_t* session, srtp_policy_t policy) { return srtp_create(session, &policy->p); }
using srtp2_op = srtp_err_status_t (*)(srtp_t, void*, int*);
// v2 works in place and, when protecting, appends up to `trailer` bytes without knowing the buffer's size.
inline srtp_err_status_t srtp2_run(srtp2_op op, srtp_t s, const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen, size_t trailer)
{
	if (*outLen < inLen + trailer) return srtp_err_status_buffer_small;
	if (out != in) std::memcpy(out, in, inLen);
	int len = static_cast<int>(inLen); auto err = op(s, out, &len); *outLen = static_cast<size_t>(len); return err;
}
inline srtp_err_status_t srtp_protect(srtp_t s, const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen, size_t) { return srtp2_run(static_cast<srtp2_op>(srtp_protect), s, in, inLen, out, outLen, SRTP_MAX_TRAILER_LEN); }
inline srtp_err_status_t srtp_unprotect(srtp_t s, const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen) { return srtp2_run(static_cast<srtp2_op>(srtp_unprotect), s, in, inLen, out, outLen, 0); }
inline srtp_err_status_t srtp_protect_rtcp(srtp_t s, const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen, size_t) { return srtp2_run(static_cast<srtp2_op>(srtp_protect_rtcp), s, in, inLen, out, outLen, SRTP_MAX_TRAILER_LEN + 4); }
inline srtp_err_status_t srtp_unprotect_rtcp(srtp_t s, const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen) { return srtp2_run(static_cast<srtp2_op>(srtp_unprotect_rtcp), s, in, inLen, out, outLen, 0); }
inline srtp_err_status_t srtp_stream_remove(srtp_t s, uint32_t ssrc) { return srtp_remove_stream(s, ssrc); }
