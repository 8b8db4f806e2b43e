// Stands in for ankerl::unordered_dense, which Debian 12 lacks. The standard's node-based containers are slower:
// figures of a worker built with them compare among themselves, not with those of the prebuilt worker.
#pragma once
#include <cstdint>
#include <functional>
#include <unordered_map>
#include <unordered_set>
namespace ankerl::unordered_dense
{
	template<class T> struct hash
	{
		uint64_t operator()(const T& v) const noexcept { return std::hash<T>{}(v) * 0x9E3779B97F4A7C15ULL; }
	};
	template<class K, class V, class H = std::hash<K>, class E = std::equal_to<K>> using map = std::unordered_map<K, V, H, E>;
	template<class K, class H = std::hash<K>, class E = std::equal_to<K>> using set = std::unordered_set<K, H, E>;
}
